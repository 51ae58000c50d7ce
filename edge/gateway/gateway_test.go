package gateway

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/usage"
)

// A parameter that names the account is found in every spelling in which the
// product would find it, and counted as often as it stands there.
func TestAccountKeysInQueries(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]struct {
		value string
		n     int
	}{
		"":                          {"", 0},
		"account=a":                 {"a", 1},
		"x=1&account=a&y=2":         {"a", 1},
		"account=a&account=b":       {"b", 2},
		"account=a&%61ccount=b":     {"b", 2},
		"Account=b":                 {"b", 1},
		"account":                   {"", 1},
		"account=":                  {"", 1},
		"account=a%26account%3Db":   {"a&account=b", 1},
		"account=a+b":               {"a b", 1},
		"accounts=a&xaccount=b":     {"", 0},
		"account%00=a":              {"", 0},
		"&&account=a&&":             {"a", 1},
		"x=account%3Db&y=account=c": {"", 0},
	} {
		if value, n := queryValue(query, "account"); value != want.value || n != want.n {
			t.Errorf("%q: %q %d, want %q %d", query, value, n, want.value, want.n)
		}
	}
}

func TestCredentialsInQueries(t *testing.T) {
	t.Parallel()
	raw := secret.Generate(secret.AccessToken).Reveal()
	for query, want := range map[string]bool{
		"": false, "a=b": false, "q=great+things": false, "grat_=x": false, raw: true, "a=" + raw: true, "a=b&c=grgr" + raw + "&d=e": true,
		"t=" + strings.Replace(raw, "_", "%5f", 1): true, "t=" + raw[:len(raw)-1]: false, "t=%" + raw: true, "t=" + secret.Generate(secret.ClientSecret).Reveal(): true,
	} {
		if credentialIn(query) != want {
			t.Errorf("%q: %v", query, !want)
		}
	}
}

// Each family is read in its own spelling only, and leaves nothing behind.
func TestFamilies(t *testing.T) {
	t.Parallel()
	h := http.Header{"X-Forwarded-Method": {"GET"}, "X-Forwarded-Uri": {"/a"}, "X-Forwarded-Host": {"h"}, "X-Forwarded-For": {"203.0.113.1, 203.0.113.2"},
		"X-Forwarded-Proto": {"https"}, "Accept": {"*/*"}}
	a, bad := FamilyForwarded.read(h)
	if bad != nil || a.Method != "GET" || a.Target != "/a" || a.Host != "h" || a.Client.String() != "203.0.113.2" || len(a.Header) != 1 {
		t.Errorf("%+v %v", a, bad)
	}
	h = http.Header{"X-Original-Method": {"GET"}, "X-Original-Uri": {"/a"}, "X-Real-Ip": {"::ffff:203.0.113.3"}}
	a, bad = FamilyOriginal.read(h)
	if bad != nil || a.Client.String() != "203.0.113.3" || a.Host != "" || len(a.Header) != 0 {
		t.Errorf("%+v %v", a, bad)
	}
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X.original.uri", "X_forwarded_host", "X-Rewrite-Url", "X-Forwarded"} {
		h := http.Header{"X-Original-Method": {"GET"}, "X-Original-Uri": {"/a"}, name: {"x"}}
		if _, bad := FamilyOriginal.read(h); bad == nil || bad.Code != "check_two_families" {
			t.Errorf("%s: %v", name, bad)
		}
	}
}

// A document fits into a header whatever is in it.
func TestOneLine(t *testing.T) {
	t.Parallel()
	in := map[string]string{"code": "x", "detail": "é \u2028 😀 \"quoted\" \\ \n\t\x01"}
	doc, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	line := oneLine(append(doc, '\n'))
	for i := range len(line) {
		if line[i] < ' ' || line[i] >= 0x7f {
			t.Fatalf("%q", line)
		}
	}
	out := map[string]string{}
	if err := json.Unmarshal([]byte(line), &out); err != nil || out["detail"] != in["detail"] {
		t.Errorf("%q %v", line, err)
	}
	long, err := json.Marshal(map[string]any{"code": "scope_missing", "status": 403, "granted": strings.Repeat("x", 1<<16)})
	if err != nil {
		t.Fatal(err)
	}
	if short := oneLine(long); len(short) > problemMost || !strings.Contains(short, `"code":"scope_missing"`) {
		t.Errorf("%d bytes: %.100s", len(short), short)
	}
}

// Every refusal has a class of its own in the record; nothing that was refused
// counts as served.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for err, want := range map[*problem.Error]usage.Outcome{
		errNoToken: usage.MissingCredential, errInQuery: usage.InvalidToken, errRoute: usage.NotFound, errMethod: usage.NotFound, errAccount: usage.NotFound,
		errNoAccount: usage.Malformed, errUnmapped: usage.OperationUnmapped, errNoCatalog: usage.Unavailable,
		problem.Forbidden("anything_new", ""): usage.PermissionDenied, problem.Unauthenticated("anything_new", ""): usage.InvalidToken,
		problem.Internal("x", nil): usage.Unavailable, problem.Limited("rate_limited", "", 1): usage.RateLimited,
		problem.Unauthenticated("token_revoked", "").With("reason", "installation_removed"): usage.NotInstalled,
	} {
		if got := outcomeOf(err); got != want {
			t.Errorf("%s: %s, want %s", err.Code, got, want)
		}
	}
}

// The same seed gives the same key, another seed another; a signature carries
// the key's id.
func TestSignerIsDerived(t *testing.T) {
	t.Parallel()
	seed := []byte("0123456789abcdef0123456789abcdef")
	a, err := NewSigner("https://i", "product", seed)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewSigner("https://i", "product", seed)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewSigner("https://i", "product", []byte("1123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	if a.kid != b.kid || a.kid == c.kid || !a.key.Equal(b.key) {
		t.Errorf("%s %s %s", a.kid, b.kid, c.kid)
	}
}
