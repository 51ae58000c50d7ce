package dpop_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/kit/dpop"
	"github.com/guestright/guestright/kit/problem"
)

var now = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func key(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sign makes a JWT; embed puts the key into the header.
func sign(t testing.TB, k jose.SigningKey, typ string, embed bool, claims any) string {
	t.Helper()
	s, err := jose.NewSigner(k, (&jose.SignerOptions{EmbedJWK: embed}).WithType(jose.ContentType(typ)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := out.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

type m map[string]any

func good() m {
	return m{"jti": "1", "htm": "GET", "htu": "https://api.example/a", "iat": now.Unix(), "ath": dpop.Hash("token")}
}

func with(name string, value any) m {
	c := good()
	c[name] = value
	if value == nil {
		delete(c, name)
	}
	return c
}

func TestProofs(t *testing.T) {
	t.Parallel()
	k := key(t)
	request := dpop.Request{Method: "GET", URL: "https://api.example/a", Token: "token", Now: now, Window: 60 * time.Second}
	for name, tc := range map[string]struct {
		claims m
		ok     bool
	}{
		"good":                       {good(), true},
		"query in htu":               {with("htu", "https://api.example/a?x=1"), true},
		"other spelling of the host": {with("htu", "HTTPS://API.example:443/a"), true},
		"another path":               {with("htu", "https://api.example/a/"), false},
		"another path by escapes":    {with("htu", "https://api.example/%61"), false},
		"another host":               {with("htu", "https://evil.example/a"), false},
		"a user in htu":              {with("htu", "https://api.example@evil.example/a"), false},
		"no scheme":                  {with("htu", "api.example/a"), false},
		"another method":             {with("htm", "POST"), false},
		"method in lower case":       {with("htm", "get"), false},
		"another token":              {with("ath", dpop.Hash("other")), false},
		"no token":                   {with("ath", nil), false},
		"ten seconds ago":            {with("iat", now.Unix()-10), true},
		"ten seconds ahead":          {with("iat", now.Unix()+10), true},
		"two minutes ago":            {with("iat", now.Unix()-120), false},
		"two minutes ahead":          {with("iat", now.Unix()+120), false},
		"no iat":                     {with("iat", nil), false},
		"iat as text":                {with("iat", "soon"), false},
		"iat as a number in a text":  {with("iat", strconv.FormatInt(now.Unix(), 10)), false},
		"iat as a float":             {with("iat", 1.5e9+0.5), false},
		"huge iat":                   {with("iat", 1e99), false},
		"negative iat":               {with("iat", -1), false},
		"no jti":                     {with("jti", nil), false},
		"long jti":                   {with("jti", strings.Repeat("j", 513)), false},
	} {
		p, err := dpop.Parse(sign(t, jose.SigningKey{Algorithm: jose.ES256, Key: k}, "dpop+jwt", true, tc.claims))
		if err == nil {
			err = p.Check(request)
		}
		if (err == nil) != tc.ok || err != nil && problem.CodeOf(err) != "invalid_dpop_proof" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProofsThatAreNone(t *testing.T) {
	t.Parallel()
	k := key(t)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	es := jose.SigningKey{Algorithm: jose.ES256, Key: k}
	whole := sign(t, es, "dpop+jwt", true, good())
	parts := strings.Split(whole, ".")
	other := strings.Split(sign(t, jose.SigningKey{Algorithm: jose.ES256, Key: key(t)}, "dpop+jwt", true, good()), ".")
	for name, raw := range map[string]string{
		"empty": "", "no JWT": "a.b.c", "two proofs": whole + "," + whole, "cut": whole[:len(whole)-2],
		"another typ": sign(t, es, "JWT", true, good()), "no key": sign(t, es, "dpop+jwt", false, good()),
		"another key's signature": parts[0] + "." + parts[1] + "." + other[2],
		"HMAC":                    sign(t, jose.SigningKey{Algorithm: jose.HS256, Key: []byte(strings.Repeat("k", 32))}, "dpop+jwt", false, good()),
		"none":                    "eyJhbGciOiJub25lIiwidHlwIjoiZHBvcCtqd3QifQ." + parts[1] + ".",
		"a weak key":              sign(t, jose.SigningKey{Algorithm: jose.RS256, Key: small}, "dpop+jwt", true, good()),
		"long":                    sign(t, es, "dpop+jwt", true, with("x", strings.Repeat("x", 9<<10))),
		"claims are a list":       sign(t, es, "dpop+jwt", true, []int{1}),
	} {
		if _, err := dpop.Parse(raw); problem.CodeOf(err) != "invalid_dpop_proof" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheThumbprintIsTheKeys(t *testing.T) {
	t.Parallel()
	// RFC 9449 section 5, figures 5 and 6: the proof and what the token's cnf holds.
	const proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
	p, err := dpop.Parse(proof)
	if err != nil || p.Thumbprint != "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" {
		t.Fatalf("%v %+v", err, p)
	}
	if err := p.Check(dpop.Request{Method: "POST", URL: "https://server.example.com/token", Now: time.Unix(1562262618, 0), Window: time.Minute}); err != nil {
		t.Error(err)
	}
}

func TestMemoryLetsAProofPassOnce(t *testing.T) {
	t.Parallel()
	var mem dpop.Memory
	p := dpop.Proof{Thumbprint: "k", ID: "1", Issued: now}
	until := p.Until(time.Minute)
	if !mem.Once(p, now, until) || mem.Once(p, now, until) || mem.Once(p, now.Add(time.Minute), until) {
		t.Error("a proof passes twice")
	}
	if !mem.Once(dpop.Proof{Thumbprint: "other", ID: "1"}, now, until) {
		t.Error("two keys share their ids")
	}
	if !mem.Once(p, now.Add(2*time.Minute), until.Add(2*time.Minute)) {
		t.Error("nothing is ever forgotten")
	}
	for i := range 1000 {
		mem.Once(dpop.Proof{ID: strconv.Itoa(i)}, now.Add(5*time.Minute), until)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a.b.c")
	f.Add(sign(f, jose.SigningKey{Algorithm: jose.ES256, Key: key(f)}, "dpop+jwt", true, good()))
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := dpop.Parse(raw)
		if err == nil && (p.Thumbprint == "" || p.ID == "") || err != nil && problem.CodeOf(err) != "invalid_dpop_proof" {
			t.Fatalf("%v %+v", err, p)
		}
	})
}
