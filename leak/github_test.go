package leak

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store/storetest"
)

// The example of GitHub's documentation: a message, the key that signed it, its
// signature.
const (
	gitHubKeyID     = "90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a"
	gitHubMessage   = `[{"token":"some_token","type":"some_type","url":"some_url"}]`
	gitHubSignature = "MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc="
	gitHubKey       = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq\nkCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==\n-----END PUBLIC KEY-----\n"
)

// gitHub publishes keys.
type gitHub struct {
	*Keys
	t     *testing.T
	clock *storetest.Clock
	asked atomic.Int32
	say   atomic.Pointer[func(w http.ResponseWriter)]
}

type name string

func (n name) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr(string(n))}, nil
}

func newGitHub(t *testing.T) *gitHub {
	t.Helper()
	g := &gitHub{t: t, clock: storetest.NewClock()}
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		g.asked.Add(1)
		(*g.say.Load())(w)
	}))
	t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	client, err := outbound.New(outbound.Config{Roots: roots, Resolver: name("140.82.112.5"),
		Dial: func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", srv.Listener.Addr().String())
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	g.Keys = &Keys{Client: client, Address: "https://example.com/meta/public_keys/secret_scanning", Now: g.clock.Now}
	g.publishes(map[string]string{gitHubKeyID: gitHubKey})
	return g
}

func (g *gitHub) publishes(keys map[string]string) {
	type key struct {
		ID      string `json:"key_identifier"`
		Key     string `json:"key"`
		Current bool   `json:"is_current"`
	}
	var list struct {
		Keys []key `json:"public_keys"`
	}
	for id, k := range keys {
		list.Keys = append(list.Keys, key{id, k, true})
	}
	b, err := json.Marshal(list)
	if err != nil {
		g.t.Fatal(err)
	}
	g.answers(http.StatusOK, string(b))
}

func (g *gitHub) answers(status int, body string) {
	f := func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
	g.say.Store(&f)
}

// verdict is the code with which a message is refused; "" when it is GitHub's.
func (g *gitHub) verdict(m Signed) string {
	key, err := g.find(g.t.Context(), m.Key)
	if err == nil {
		err = m.check(key)
	}
	return problem.CodeOf(err)
}

func (g *gitHub) want(what string, m Signed, code string, asked int32) {
	g.t.Helper()
	if got := g.verdict(m); got != code {
		g.t.Errorf("%s: %q, want %q", what, got, code)
	}
	if n := g.asked.Load(); n != asked {
		g.t.Errorf("%s: asked %d times, want %d", what, n, asked)
	}
}

var genuine = Signed{Key: gitHubKeyID, Signature: gitHubSignature, Body: []byte(gitHubMessage)}

func TestOnlyWhatGitHubSignedIsBelieved(t *testing.T) {
	t.Parallel()
	g := newGitHub(t)
	g.want("the documented example", genuine, "", 1)
	for what, m := range map[string]Signed{
		"another body":      {gitHubKeyID, gitHubSignature, []byte(gitHubMessage + " ")},
		"no base64":         {gitHubKeyID, "???", []byte(gitHubMessage)},
		"cut signature":     {gitHubKeyID, gitHubSignature[:40], []byte(gitHubMessage)},
		"other signature":   {gitHubKeyID, base64.StdEncoding.EncodeToString([]byte("0\x06\x02\x01\x00\x02\x01\x00")), []byte(gitHubMessage)},
		"trailing newlines": {gitHubKeyID, gitHubSignature + "\n\n=", []byte(gitHubMessage)},
	} {
		g.want(what, m, "leak_signature_invalid", 1)
	}
	other := genuine
	other.Key = "somebody-else"
	g.want("a key that nobody publishes, at once", other, "leak_signature_invalid", 1)
	g.clock.Advance(keysEvery)
	g.want("and later", other, "leak_signature_invalid", 2)
	g.want("never twice in a minute", other, "leak_signature_invalid", 2)
}

func TestKeysAreKeptWhileGitHubIsAway(t *testing.T) {
	t.Parallel()
	g := newGitHub(t)
	g.answers(http.StatusBadGateway, "away")
	g.want("nothing known", genuine, "leak_keys_unavailable", 1)
	g.publishes(map[string]string{gitHubKeyID: gitHubKey})
	g.want("a moment later", genuine, "leak_keys_unavailable", 1)
	g.clock.Advance(keysEvery)
	g.want("known", genuine, "", 2)
	g.clock.Advance(keysFresh - time.Second)
	g.want("fresh", genuine, "", 2)
	g.answers(http.StatusOK, strings.Repeat(" ", 100<<10))
	g.clock.Advance(time.Second)
	g.want("no longer fresh, and GitHub answers too much", genuine, "", 3)
	g.answers(http.StatusOK, `{"public_keys":[{"key_identifier":"x","key":"no PEM"}]}`)
	g.clock.Advance(keysKept)
	g.want("too old", genuine, "leak_keys_unavailable", 4)
	g.publishes(map[string]string{"next": gitHubKey})
	g.clock.Advance(keysEvery)
	g.want("withdrawn", genuine, "leak_signature_invalid", 5)
}

func TestKeysOfAnotherKindAreLeftOut(t *testing.T) {
	t.Parallel()
	wide, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(wide.Public())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(gitHubMessage))
	sig, err := ecdsa.SignASN1(rand.Reader, wide, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	g := newGitHub(t)
	g.publishes(map[string]string{gitHubKeyID: gitHubKey, "wide": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))})
	g.want("P-384", Signed{Key: "wide", Signature: base64.StdEncoding.EncodeToString(sig), Body: []byte(gitHubMessage)}, "leak_signature_invalid", 1)
}

func TestMessagesOfGitHub(t *testing.T) {
	t.Parallel()
	got, err := Signed{Body: []byte(`[{"token":"a","type":"t","url":"https://github.com/x","source":"content","later":1},{"token":"b","type":"t","url":"","source":"npm"}]`)}.reports()
	if err != nil || len(got) != 2 || got[0].Text.Reveal() != "a" || got[0].Where != "https://github.com/x" || got[1].Where != "npm" || got[0].Source != GitHub {
		t.Errorf("%+v %v", got, err)
	}
	for _, body := range []string{`{}`, `[1]`, `"x"`, "[" + strings.TrimSuffix(strings.Repeat("{},", matchesMost+1), ",") + "]"} {
		if _, err := (Signed{Body: []byte(body)}).reports(); problem.CodeOf(err) != "leak_message_invalid" {
			t.Errorf("%.20s: %v", body, err)
		}
	}
}
