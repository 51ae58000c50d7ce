package authorization

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636 appendix B
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

func ask(change ...string) url.Values {
	form := url.Values{"client_id": {"c"}, "response_type": {"code"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"}, "state": {"s"}}
	for i := 0; i+1 < len(change); i += 2 {
		if change[i+1] == "" {
			form.Del(change[i])
		} else {
			form.Add(change[i], change[i+1])
			if change[i] != "resource" && len(form[change[i]]) > 1 {
				form[change[i]] = form[change[i]][1:]
			}
		}
	}
	return form
}

func TestParams(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		form url.Values
		code string
	}{
		"plain and simple":                   {ask(), ""},
		"O-19 no challenge":                  {ask("code_challenge", "", "code_challenge_method", ""), "pkce_required"},
		"method without challenge":           {ask("code_challenge", ""), "pkce_required"},
		"A27 plain":                          {ask("code_challenge_method", "plain"), "pkce_method"},
		"plain is the default of RFC 7636":   {ask("code_challenge_method", ""), "pkce_method"},
		"unknown method":                     {ask("code_challenge_method", "S512"), "pkce_method"},
		"challenge of the wrong length":      {ask("code_challenge", challenge+"x"), "invalid_request"},
		"challenge of other characters":      {ask("code_challenge", challenge[:42]+"="), "invalid_request"},
		"O-31 token":                         {ask("response_type", "token"), "unsupported_response_type"},
		"O-31 id_token":                      {ask("response_type", "id_token"), "unsupported_response_type"},
		"O-31 code id_token":                 {ask("response_type", "code id_token"), "unsupported_response_type"},
		"no response_type":                   {ask("response_type", ""), "invalid_request"},
		"fragment":                           {ask("response_mode", "fragment"), "invalid_request"},
		"O-35 4 kB of state":                 {ask("state", strings.Repeat("s", 4<<10)), ""},
		"O-35 64 kB of state":                {ask("state", strings.Repeat("s", 64<<10)), "invalid_request"},
		"request object":                     {ask("request", "e30.e30."), "request_not_supported"},
		"none and login":                     {ask("prompt", "none login"), "invalid_request"},
		"unknown prompt":                     {ask("prompt", "dance"), "invalid_request"},
		"max_age":                            {ask("max_age", "0"), ""},
		"negative max_age":                   {ask("max_age", "-1"), "invalid_request"},
		"max_age that is no number":          {ask("max_age", "1e9"), "invalid_request"},
		"thumbprint":                         {ask("dpop_jkt", challenge), ""},
		"no thumbprint":                      {ask("dpop_jkt", "key"), "invalid_request"},
		"two resources (RFC 8707)":           {ask("resource", "https://a.example", "resource", "https://b.example"), ""},
		"too many scopes":                    {ask("scope", many(201)), "invalid_scope"},
		"unknown parameters are passed over": {ask("utm_source", "mail"), ""},
	} {
		if _, err := ReadParams(tc.form); problem.CodeOf(err) != tc.code {
			t.Errorf("%s: %v, want %q", name, err, tc.code)
		}
	}
	for _, twice := range []string{"client_id", "redirect_uri", "scope", "state", "code_challenge", "response_type", "anything"} { // O-33
		form := ask()
		form[twice] = []string{"a", "a"}
		if _, err := ReadParams(form); problem.CodeOf(err) != "invalid_request" {
			t.Errorf("%s twice: %v", twice, err)
		}
	}
	if _, err := ReadParams(ask("scope", "a\x00b")); problem.CodeOf(err) != "invalid_request" {
		t.Errorf("NUL: %v", err)
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("x", i+1) + " ")
	}
	return b.String()
}

func TestScopesOfThePersonStandApart(t *testing.T) {
	t.Parallel()
	p, err := ReadParams(ask("scope", "openid flags.read email flags.read openid"))
	if err != nil || !slices.Equal(p.Scopes, []string{"flags.read"}) || !slices.Equal(p.Identity, []string{"openid", "email"}) {
		t.Errorf("%v %+v", err, p)
	}
}

func TestHowRecentlyToSignIn(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	now := created.Add(time.Minute)
	for name, tc := range map[string]struct {
		form url.Values
		want time.Time
	}{
		"whenever":     {ask(), time.Time{}},
		"max_age 300":  {ask("max_age", "300"), now.Add(-5 * time.Minute)},
		"max_age 0":    {ask("max_age", "0"), created},
		"prompt login": {ask("prompt", "login"), created},
		"both":         {ask("prompt", "login", "max_age", "300"), created},
	} {
		p, err := ReadParams(tc.form)
		if got := p.SignInAfter(created, now); err != nil || !got.Equal(tc.want) {
			t.Errorf("%s: %s, want %s (%v)", name, got, tc.want, err)
		}
	}
}

func TestAnswerKeepsWhatTheClientRegistered(t *testing.T) {
	t.Parallel()
	got := answer("https://a.example/cb?x=1", "https://id.example", Params{State: "a&b ü"}, map[string]string{"code": "c"})
	u, err := url.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Path != "/cb" || q.Get("x") != "1" || q.Get("code") != "c" || q.Get("state") != "a&b ü" || q.Get("iss") != "https://id.example" {
		t.Errorf("%s", got)
	}
}

func FuzzReadParams(f *testing.F) {
	f.Add(ask().Encode())
	f.Add("client_id=a&client_id=b&%zz")
	f.Fuzz(func(t *testing.T, raw string) {
		form, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		p, err := ReadParams(form)
		if err != nil {
			if problem.Of(err).Kind != problem.KindInvalid {
				t.Fatalf("%v", err)
			}
			return
		}
		if p.Challenge == "" || len(p.State) > StateMost || len(form["client_id"]) > 1 {
			t.Fatalf("%q passes", raw)
		}
	})
}
