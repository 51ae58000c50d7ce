package server_test

import (
	"bytes"
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
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/leak"
	"github.com/guestright/guestright/server/servertest"
)

// nowhere resolves every name to a public address.
type nowhere struct{}

func (nowhere) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("140.82.112.5")}, nil
}

// gitHub makes the house take a new key for one of GitHub's.
func (h *leaky) gitHub() *ecdsa.PrivateKey {
	h.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.must(err)
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	h.must(err)
	list, err := json.Marshal(map[string]any{"public_keys": []map[string]any{{"key_identifier": "k1", "is_current": true,
		"key": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}}})
	h.must(err)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(list) }))
	h.t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	client, err := outbound.New(outbound.Config{Roots: roots, Resolver: nowhere{}, Dial: func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", srv.Listener.Addr().String())
	}})
	h.must(err)
	h.t.Cleanup(client.Close)
	h.Leaks.Keys = &leak.Keys{Client: client, Address: "https://example.com/keys", Now: h.DB.Now}
	return key
}

func (h *leaky) message(body []byte, sign *ecdsa.PrivateKey) servertest.Answer {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.URL+"/v1/leak-reports/github", bytes.NewReader(body))
	h.must(err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "*/*")
	if sign != nil {
		sum := sha256.Sum256(body)
		sig, err := ecdsa.SignASN1(rand.Reader, sign, sum[:])
		h.must(err)
		r.Header.Set(leak.GitHubKeyHeader, "k1")
		r.Header.Set(leak.GitHubSignatureHeader, base64.StdEncoding.EncodeToString(sig))
	}
	return h.Do(r)
}

// H12: a message of GitHub's secret scanning ends what it lists, when GitHub
// signed it and only then.
func TestH12_GitHubReportsALeak(t *testing.T) {
	t.Parallel()
	h := newLeaky(t)
	key := h.gitHub()
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.must(err)
	const found = "https://github.com/octocat/Hello-World/blob/12345600b9cbe38a219f39a9941c9319b600c002/foo/bar.txt"
	list := []map[string]string{{"token": "NMIfyYncKcRALEXAMPLE", "type": "guestright_token", "url": "", "source": "unknown"},
		{"token": secret.Generate(secret.AccessToken).Reveal(), "type": "guestright_token", "url": found, "source": "content"}}
	for _, c := range h.all {
		list = append(list, map[string]string{"token": c.raw, "type": "guestright_token", "url": found, "source": "content"})
	}
	body, err := json.Marshal(list)
	h.must(err)
	for what, a := range map[string]servertest.Answer{"unsigned": h.message(body, nil), "signed by a stranger": h.message(body, stranger)} {
		if a.Status != http.StatusUnauthorized || a.Code() != "leak_signature_invalid" {
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		}
	}
	for _, c := range h.all {
		if a := c.opens(); a.Status != http.StatusOK {
			t.Fatalf("%s before: %d %s", c.kind, a.Status, a.Body)
		}
	}
	if a := h.message([]byte(`{"token":"x"}`), key); a.Code() != "invalid" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	for range 2 { // it may come again
		if a := h.message(body, key); a.Status != http.StatusAccepted {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	for _, c := range h.all {
		if a := c.opens(); a.Status != http.StatusUnauthorized {
			t.Errorf("%s after: %d %s", c.kind, a.Status, a.Body)
		}
	}
	all, err := h.Leaks.List(t.Context(), access.System("test"), leak.Query{Limit: 100})
	h.must(err)
	if len(all) != len(h.all) {
		t.Errorf("%d leaks", len(all))
	}
	for _, l := range all {
		// What a leaked client secret obtained had ended with it or before it.
		if l.Source != leak.GitHub || l.Where != found || !l.Live || l.Reports != 2 {
			t.Errorf("%+v", l)
		}
	}
}
