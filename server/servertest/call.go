package servertest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/guestright/guestright/application"
)

// Answer is what a call got.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON reads a member of the answer's document.
func (a Answer) JSON() map[string]any {
	out := map[string]any{}
	_ = json.Unmarshal(a.Body, &out)
	return out
}

// Code is the problem code of a refusal.
func (a Answer) Code() string {
	c, _ := a.JSON()["code"].(string)
	return c
}

// Do sends a request and reads the answer.
func (h *House) Do(r *http.Request) Answer {
	h.T.Helper()
	res, err := h.Client.Do(r)
	if err != nil {
		h.T.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.T.Fatal(err)
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: body}
}

// AskToken sends a client-credentials request; account may be "".
func (h *House) AskToken(key application.IssuedKey, account string) Answer {
	h.T.Helper()
	form := url.Values{"grant_type": {"client_credentials"}}
	if account != "" {
		form.Set("account_id", account)
	}
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodPost, h.URL+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		h.T.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(key.ClientID, key.Secret.Reveal())
	return h.Do(r)
}

// Token obtains an access token or fails the test.
func (h *House) Token(key application.IssuedKey, account string) string {
	h.T.Helper()
	a := h.AskToken(key, account)
	raw, _ := a.JSON()["access_token"].(string)
	if a.Status != http.StatusOK || raw == "" {
		h.T.Fatalf("token: %d %s", a.Status, a.Body)
	}
	return raw
}

// Call goes through the gateway with a token; change may be nil.
func (h *House) Call(token, method, path string, change func(*http.Request)) Answer {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), method, h.Gateway+path, nil)
	if err != nil {
		h.T.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if change != nil {
		change(r)
	}
	return h.Do(r)
}
