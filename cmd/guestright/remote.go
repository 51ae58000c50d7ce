package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// remote is a platform, asked as somebody.
type remote struct {
	url    string
	client *http.Client
	bearer secret.Text
	cookie *http.Cookie
	ends   string // id of a session that was begun for this command
}

// credential is how a developer says who they are.
type credential struct {
	Token    string `env:"GUESTRIGHT_TOKEN" placeholder:"TOKEN" help:"Token, or the session cookie's value of a browser that is signed in. Put it into GUESTRIGHT_TOKEN: what stands on a command line others on the machine can read."`
	Email    string `placeholder:"ADDRESS" help:"Sign in with this address and the password in GUESTRIGHT_PASSWORD, for this command only."`
	Password string `env:"GUESTRIGHT_PASSWORD" hidden:""`
	Code     string `placeholder:"CODE" help:"Code of the authenticator app, where signing in needs one."`
}

// prefixes tell tokens from what a session's cookie holds, which has none.
var prefixes = []secret.Prefix{secret.AccessToken, secret.PrivateKey, secret.PersonalToken, secret.ServiceToken}

// checkPlatform judges an address to which a secret will be sent.
func checkPlatform(address string, allowHTTP bool) error {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" {
		return errors.New("--url is not the address of a platform, such as https://integrations.example.com")
	}
	if at.Scheme == "http" && !local(at.Hostname()) && !allowHTTP {
		return errors.New("--url is without TLS, so that others on the way could read the token; use https, or say --allow-http")
	}
	return nil
}

func checkToken(token string) error {
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("the token holds characters that no token has; copy it again")
	}
	return nil
}

// connect makes a remote that asks as whom the credential shows.
func (c credential) connect(ctx context.Context, address string) (*remote, error) {
	r := &remote{url: strings.TrimSuffix(address, "/"), client: &http.Client{Timeout: answerTime, CheckRedirect: noRedirect}}
	switch {
	case c.Email != "":
		return r, r.signIn(ctx, c)
	case c.Token == "":
		return nil, exitError{exitMisused, errors.New("say who you are: a token in GUESTRIGHT_TOKEN, or --email and the password in GUESTRIGHT_PASSWORD")}
	}
	if err := checkToken(c.Token); err != nil {
		return nil, exitError{exitMisused, err}
	}
	for _, p := range prefixes {
		if strings.HasPrefix(c.Token, string(p)) {
			r.bearer = secret.New(c.Token)
			return r, nil
		}
	}
	name := "__Host-guestright"
	if strings.HasPrefix(address, "http:") {
		name = "guestright-local"
	}
	r.cookie = &http.Cookie{Name: name, Value: c.Token}
	return r, nil
}

func (r *remote) signIn(ctx context.Context, c credential) error {
	body, err := json.Marshal(map[string]string{"email": c.Email, "password": c.Password, "code": c.Code})
	if err != nil {
		return err
	}
	var session struct{ ID string }
	head, err := r.send(ctx, http.MethodPost, "/v1/sessions", sent{"application/json", body}, &session)
	if err != nil {
		return err
	}
	cookies := (&http.Response{Header: head}).Cookies()
	if len(cookies) != 1 {
		return fmt.Errorf("%s gives no session", r.url)
	}
	r.cookie, r.ends = cookies[0], session.ID
	return nil
}

// leave ends the session that was begun for this command.
func (r *remote) leave(ctx context.Context) error {
	if r.ends == "" {
		return nil
	}
	_, err := r.send(ctx, http.MethodDelete, "/v1/me/sessions/"+url.PathEscape(r.ends), sent{}, nil)
	return err
}

// sent is a body with its type.
type sent struct {
	kind string
	data []byte
}

// get reads a document; what is not there is a problem as any other.
func (r *remote) get(ctx context.Context, path string, into any) error {
	_, err := r.send(ctx, http.MethodGet, path, sent{}, into)
	return err
}

// tell sends a document and reads the answer.
func (r *remote) tell(ctx context.Context, method, path string, what, into any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	_, err = r.send(ctx, method, path, sent{"application/json", body}, into)
	return err
}

// remoteMost bounds an answer, in bytes.
const remoteMost = 4 << 20

// send makes one request. Error: what the platform says, as it says it.
func (r *remote) send(ctx context.Context, method, path string, body sent, into any) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, r.url+path, bytes.NewReader(body.data))
	if err != nil {
		return nil, err
	}
	if body.kind != "" {
		req.Header.Set("Content-Type", body.kind)
	}
	req.Header.Set("User-Agent", "guestright")
	if !r.bearer.IsZero() {
		req.Header.Set("Authorization", "Bearer "+r.bearer.Reveal())
	}
	if r.cookie != nil {
		req.AddCookie(&http.Cookie{Name: r.cookie.Name, Value: r.cookie.Value})
	}
	res, err := r.client.Do(req)
	if err != nil {
		if n, ok := errors.AsType[*net.OpError](err); ok && n.Op == "dial" {
			return nil, fmt.Errorf("%s can't be reached: %w", r.url, n.Err)
		}
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, remoteMost))
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 != 2 {
		return nil, r.refusal(res, data)
	}
	if into != nil {
		if err := json.Unmarshal(data, into); err != nil {
			return nil, r.strange(res)
		}
	}
	return res.Header, nil
}

func (r *remote) strange(res *http.Response) error {
	return fmt.Errorf("%s answers %d and is no Guestright that we can read; look at --url", r.url, res.StatusCode)
}

func (r *remote) refusal(res *http.Response, data []byte) error {
	var got struct {
		Code, Detail string
		Errors       []problem.Field
	}
	if err := json.Unmarshal(data, &got); err != nil || got.Code == "" {
		return r.strange(res)
	}
	return problem.Invalid(got.Code, got.Detail, got.Errors...)
}

// pages reads all items of a list.
func pages[T any](ctx context.Context, r *remote, path string) ([]T, error) {
	var out []T
	for next := ""; ; {
		var page struct {
			Items []T
			Next  string
		}
		if err := r.get(ctx, path+"?limit=200"+next, &page); err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.Next == "" {
			return out, nil
		}
		next = "&cursor=" + url.QueryEscape(page.Next)
	}
}
