package connection

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// refusal is what the partner's token endpoint has against us (RFC 6749, section
// 5.2), or why there was no answer that counts.
type refusal struct {
	code  string // OAuth's; "" when there was no such answer
	words string // for people
	log   error
}

// Error implements error.
func (r *refusal) Error() string { return r.words }

// Unwrap implements errors.Unwrap.
func (r *refusal) Unwrap() error { return r.log }

// final reports whether asking again cannot help.
func (r *refusal) final() bool {
	switch r.code {
	case "invalid_grant", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "access_denied":
		return true
	}
	return false
}

const (
	tokenMost    = 16 << 10
	lifetimeMost = 10 * 365 * 24 * time.Hour
	exchangeTime = 15 * time.Second
)

// exchange asks the partner's token endpoint. The call is made through the guarded
// client; it follows no redirect, so a code goes nowhere else.
func exchange(ctx context.Context, c *outbound.Client, p Partner, baseURI string, own secret.Text, form url.Values) (tokens, error) {
	if !p.admits(baseURI) { // the developer has changed what the partner's hosts are
		return tokens{}, &refusal{code: "access_denied", words: "The address of your instance is none of the partner's any more. Connect it again."}
	}
	r := outbound.Request{Method: http.MethodPost, URL: at(p.Token, baseURI), Header: http.Header{}, Timeout: exchangeTime}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if p.Method == Post {
		form.Set("client_id", p.ClientID)
		form.Set("client_secret", own.Reveal())
	} else {
		h := http.Request{Header: r.Header}
		h.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(own.Reveal()))
	}
	r.Body = []byte(form.Encode())
	res := c.Do(ctx, r)
	if res.Failure != "" {
		return tokens{}, &refusal{words: "The partner's server could not be reached (" + string(res.Failure) + ").", log: res.Err}
	}
	return read(res.Status, res.Body)
}

// read reads an answer of a token endpoint.
func read(status int, body []byte) (tokens, error) {
	var said struct {
		AccessToken  string          `json:"access_token"`
		RefreshToken string          `json:"refresh_token"`
		TokenType    string          `json:"token_type"`
		Expires      json.RawMessage `json:"expires_in"`
		Scope        string          `json:"scope"`
		Error        string          `json:"error"`
		Description  string          `json:"error_description"`
	}
	err := json.Unmarshal(body, &said)
	if said.Error != "" { // some say so with a 200
		words := "The partner refuses it: " + problem.Words(said.Error)
		if said.Description != "" {
			words += " (" + problem.Words(said.Description) + ")"
		}
		return tokens{}, &refusal{code: said.Error, words: words + "."}
	}
	if status != http.StatusOK && status != http.StatusCreated || err != nil {
		return tokens{}, &refusal{words: "The partner's server answered " + strconv.Itoa(status) + ", and not as OAuth has it.", log: err}
	}
	bad := func(s string) bool {
		return len(s) > tokenMost || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
	}
	if said.AccessToken == "" || bad(said.AccessToken) || bad(said.RefreshToken) || !strings.EqualFold(said.TokenType, "bearer") && said.TokenType != "" {
		return tokens{}, &refusal{words: "The partner's answer holds no bearer token."}
	}
	out := tokens{access: secret.New(said.AccessToken), scopes: problem.Words(said.Scope)}
	if said.RefreshToken != "" {
		out.refresh = secret.New(said.RefreshToken)
	}
	if n, err := strconv.ParseFloat(strings.Trim(string(said.Expires), `"`), 64); err == nil && n > 0 {
		out.lifetime = time.Duration(min(n, lifetimeMost.Seconds()) * float64(time.Second))
	}
	return out, nil
}
