package oauth

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// TokenPath is where tokens are obtained.
const TokenPath = "/oauth/token"

// bodyMost bounds a token request, in bytes.
const bodyMost = 16 << 10

// Tokens is the token endpoint.
type Tokens struct {
	DB           *store.DB
	Applications *application.Service
	Integrations *integration.Service
	Tokens       *token.Service
	Usage        *usage.Recorder
	Life         time.Duration // of access tokens
}

// request is a parsed token request.
type request struct {
	clientID string
	secret   secret.Text
	grant    string
	account  string
	scopes   []string
	basic    bool
}

// answer is a successful response (RFC 6749 section 5.1); account_id says which
// account the token is for.
type answer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"`
	Scope       string `json:"scope"`
	AccountID   string `json:"account_id"`
}

// ServeHTTP implements http.Handler.
func (t *Tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		t.fail(w, r, request{}, malformed("method_not_allowed", "Send the request as a form with POST."))
		return
	}
	q, err := parse(w, r)
	if err != nil {
		t.fail(w, r, q, err)
		return
	}
	out, err := t.issue(r.Context(), q)
	if err != nil {
		t.fail(w, r, q, err)
		return
	}
	body, err := json.Marshal(out)
	if err != nil {
		t.fail(w, r, q, err)
		return
	}
	_, _ = w.Write(body)
}

func (t *Tokens) issue(ctx context.Context, q request) (answer, error) {
	if q.grant != "client_credentials" {
		return answer{}, &problem.Error{Kind: problem.KindInvalid, Code: "unsupported_grant_type", Detail: "Use grant_type=client_credentials."}
	}
	var out answer
	err := t.DB.Write(ctx, func(tx *store.Tx) error {
		app, key, err := t.Applications.Authenticate(tx, q.clientID, q.secret)
		if err != nil {
			return err
		}
		g, err := t.Integrations.GrantOf(tx, app, q.account)
		if err != nil {
			return err
		}
		scopes, err := narrow(g, q.scopes)
		if err != nil {
			return err
		}
		issued, err := t.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access, Life: t.Life, Key: key.ID.String(), Scopes: q.scopes})
		if err != nil {
			return err
		}
		out = answer{AccessToken: issued.Secret.Reveal(), TokenType: "Bearer", ExpiresIn: int64(t.Life / time.Second), Scope: strings.Join(scopes, " "), AccountID: g.Account}
		now, client := tx.Now(), web.From(ctx).Client()
		tx.OnCommit(func() { t.Usage.Touch(usage.Subject{Kind: "key", ID: key.ID.String()}, now, "oauth.token", client) })
		return nil
	})
	return out, err
}

// narrow checks the scopes asked for; none means all that the grant has.
func narrow(g grant.Grant, want []string) ([]string, error) {
	if len(want) == 0 {
		return g.Scopes, nil
	}
	for _, s := range want {
		if !slices.Contains(g.Scopes, s) {
			return nil, &problem.Error{Kind: problem.KindInvalid, Code: "invalid_scope", Detail: "The installation does not grant one of the scopes asked for."}
		}
	}
	return want, nil
}

func malformed(code, detail string) error {
	return &problem.Error{Kind: problem.KindInvalid, Code: code, Detail: detail}
}

// parse reads the form. Each parameter stands once (RFC 6749 section 3.2), in
// the body only, and the client authenticates in one way only.
func parse(w http.ResponseWriter, r *http.Request) (request, error) {
	var q request
	_, _, q.basic = r.BasicAuth()
	if mt, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mt != "application/x-www-form-urlencoded" {
		return q, malformed("invalid_request", "Send a form: Content-Type application/x-www-form-urlencoded.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMost))
	if err != nil {
		return q, malformed("invalid_request", "The request is too long or broke off.")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return q, malformed("invalid_request", "The form cannot be read.")
	}
	for name, values := range form {
		if len(values) > 1 {
			return q, malformed("invalid_request", "Each parameter may stand once only.")
		}
		if strings.ContainsRune(name, 0) || strings.ContainsRune(values[0], 0) {
			return q, malformed("invalid_request", "The form cannot be read.")
		}
	}
	q.grant, q.account, q.scopes = form.Get("grant_type"), form.Get("account_id"), strings.Fields(form.Get("scope"))
	if q.grant == "" {
		return q, malformed("invalid_request", "grant_type is missing.")
	}
	return q, q.client(r, form)
}

func (q *request) client(r *http.Request, form url.Values) error {
	user, pass, basic := r.BasicAuth()
	if basic {
		if form.Has("client_secret") || form.Has("client_id") && form.Get("client_id") != user {
			return malformed("invalid_request", "Authenticate in one way: HTTP Basic or the form, not both.")
		}
		// Section 2.3.1: both parts are form-encoded before they go into Basic.
		id, err1 := url.QueryUnescape(user)
		pw, err2 := url.QueryUnescape(pass)
		if err1 != nil || err2 != nil {
			return malformed("invalid_request", "The Authorization header cannot be read.")
		}
		q.clientID, q.secret = id, secret.New(pw)
		return nil
	}
	if r.Header.Get("Authorization") != "" {
		return malformed("invalid_request", "Authenticate with HTTP Basic or in the form.")
	}
	if !form.Has("client_id") || !form.Has("client_secret") {
		return problem.Unauthenticated("invalid_client", "Send the client id and secret, with HTTP Basic or in the form.")
	}
	q.clientID, q.secret = form.Get("client_id"), secret.New(form.Get("client_secret"))
	return nil
}
