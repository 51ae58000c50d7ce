// Package capabilitytest has what tests of capabilities need: a partner that
// stands under every public name, and a house in which a published integration is
// released, installed and set up.
package capabilitytest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/outbound"
)

// Received is a request as the partner got it.
type Received struct {
	Method, Host, URI string
	Header            http.Header
	Body              []byte
}

// Partner is the other side: it answers under every public name, over TLS.
type Partner struct {
	Got    chan Received
	Client *outbound.Client // that finds it there
	Config outbound.Config  // of such a client

	mu     sync.Mutex
	answer func(w http.ResponseWriter, r Received)
	behind map[uint16]string
	sign   func(*tls.ClientHelloInfo) (*tls.Certificate, error)
}

// Behind has connections to a port, under every name, reach a program of the test's.
func (p *Partner) Behind(port uint16, address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.behind[port] = address
}

// Certificate is one for a name, in PEM, with its key.
func (p *Partner) Certificate(t testing.TB, name string) (certificate, key []byte) {
	t.Helper()
	c, err := p.sign(&tls.ClientHelloInfo{ServerName: name})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// gotMost is how many requests a test may leave unread.
const gotMost = 5000

// NewPartner starts one that answers 200 with {}.
func NewPartner(t testing.TB) *Partner {
	t.Helper()
	p := &Partner{Got: make(chan Received, gotMost), behind: map[uint16]string{}}
	p.Answers(http.StatusOK, "{}")
	authority, certificate := authority(t)
	p.sign = certificate
	srv := httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	srv.TLS = &tls.Config{GetCertificate: certificate, MinVersion: tls.VersionTLS12}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	p.Config = outbound.Config{Roots: authority, Resolver: everywhere{}, Dial: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		var d net.Dialer
		p.mu.Lock()
		at, ok := p.behind[to.Port()]
		p.mu.Unlock()
		if !ok {
			at = srv.Listener.Addr().String()
		}
		return d.DialContext(ctx, "tcp", at)
	}}
	client, err := outbound.New(p.Config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	p.Client = client
	return p
}

// everywhere resolves every name to one public address.
type everywhere struct{}

// LookupNetIP implements outbound.Resolver.
func (everywhere) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
}

func (p *Partner) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	got := Received{r.Method, r.Host, r.URL.RequestURI(), r.Header, body}
	p.mu.Lock()
	answer := p.answer
	p.mu.Unlock()
	answer(w, got)
	p.Got <- got
}

// Answers lets every request be answered like that from now on.
func (p *Partner) Answers(status int, body string) {
	p.Handle(func(w http.ResponseWriter, _ Received) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// Handle lets f answer from now on.
func (p *Partner) Handle(f func(w http.ResponseWriter, r Received)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = f
}

// Next is the next request that came.
func (p *Partner) Next(t testing.TB) Received {
	t.Helper()
	select {
	case r := <-p.Got:
		return r
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came")
	}
	return Received{}
}

// Quiet fails when something has come that nobody asked for.
func (p *Partner) Quiet(t testing.TB) {
	t.Helper()
	select {
	case r := <-p.Got:
		t.Fatalf("came unasked: %s %s%s %s", r.Method, r.Host, r.URI, r.Body)
	default:
	}
}

// authority makes certificates for every name that is asked for.
func authority(t testing.TB) (*x509.CertPool, func(*tls.ClientHelloInfo) (*tls.Certificate, error)) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	raw, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(made)
	return pool, func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		leaf := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{hello.ServerName}, NotBefore: root.NotBefore, NotAfter: root.NotAfter,
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
		raw, err := x509.CreateCertificate(rand.Reader, leaf, made, key.Public(), key)
		return &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, err
	}
}
