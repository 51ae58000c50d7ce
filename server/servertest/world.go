package servertest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/outbound"
)

// World stands for the servers of others: every name in it leads to one TLS server
// with a certificate of its own authority, which a house that is given its Client
// and itself as TXT meets instead of the internet.
type World struct {
	Client *outbound.Client

	mu      sync.Mutex
	hosts   map[string]http.HandlerFunc
	records map[string][]string
	any     http.HandlerFunc // of every other name; nil: there is none
	server  *httptest.Server
}

// NewWorld makes a world without any host.
func NewWorld(t testing.TB) *World {
	t.Helper()
	w := &World{hosts: map[string]http.HandlerFunc{}, records: map[string][]string{}}
	ca, key := authority(t)
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.server.TLS = &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return leaf(ca, key, hello.ServerName) }}
	w.server.StartTLS()
	t.Cleanup(w.server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	c, err := outbound.New(outbound.Config{Roots: roots, Resolver: w, Dial: func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", w.server.Listener.Addr().String())
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w.Client = c
	return w
}

// Host lets a name answer; nil takes it away.
func (w *World) Host(name string, h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h == nil {
		delete(w.hosts, name)
		return
	}
	w.hosts[name] = h
}

// Everybody lets all other names answer.
func (w *World) Everybody(h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.any = h
}

// Record gives a name a TXT record.
func (w *World) Record(name, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.records[name] = append(w.records[name], text)
}

func (w *World) handler(host string) http.HandlerFunc {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h := w.hosts[host]; h != nil {
		return h
	}
	return w.any
}

func (w *World) serve(rw http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(r.Host, ":")
	if h := w.handler(host); h != nil {
		h(rw, r)
		return
	}
	rw.WriteHeader(http.StatusNotFound)
}

// LookupNetIP implements outbound.Resolver.
func (w *World) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if w.handler(strings.TrimSuffix(host, ".")) == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
}

// LookupTXT implements domain.TXT.
func (w *World) LookupTXT(_ context.Context, name string) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	got, ok := w.records[strings.TrimSuffix(name, ".")]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return got, nil
}

func authority(t testing.TB) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "World"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if ca, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return ca, key
}

// leaf is a certificate for one name.
func leaf(ca *x509.Certificate, key *ecdsa.PrivateKey, name string) (*tls.Certificate, error) {
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, c, ca, &key.PublicKey, key)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
