package server_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/fronttest"
	"github.com/guestright/guestright/server/servertest"
)

// certificate writes a key pair for the local machine, and for other names that
// are given, and gives the pool that trusts it.
func certificate(t *testing.T, names ...string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: append([]string{"localhost"}, names...), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for path, b := range map[string][]byte{cert: text, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return cert, key, pool
}

// Every door that strangers reach speaks TLS from the files of the
// configuration: the console and API, the gateway, and beyond loopback the doors
// that a proxy asks.
func TestTLSOnEveryDoor(t *testing.T) {
	t.Parallel()
	cert, key, pool := certificate(t)
	keyFile := filepath.Join(t.TempDir(), "check.key")
	if err := os.WriteFile(keyFile, []byte(checkKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	trust := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	product := fronttest.NewProduct(t, func(string) int { return http.StatusOK })
	var log lockedBuffer
	h := servertest.Start(t, servertest.Options{Log: &log, Catalog: odd(t, product.Addr), Change: func(c *server.Config) {
		c.TLS.Certificate, c.TLS.Key = cert, key
		c.URL, c.Gateway.URL = "https://"+c.Listen, "https://"+c.Gateway.Listen
		c.Checks.Listen, c.Checks.GRPC, c.Checks.Key = "0.0.0.0:0", "0.0.0.0:0", keyFile
	}})
	h.Client.Transport = &http.Transport{TLSClientConfig: trust, ForceAttemptHTTP2: true}
	dev, team := h.Developer("dev@example.com")
	admin, acc := h.Customer("harbour-books", account.Production)
	app, secret := h.Release(dev, team, "a")
	h.Install(admin, acc, app)
	token := h.Token(secret, "")
	if a := h.Call(token, "GET", "/a/x", nil); a.Status != http.StatusOK {
		t.Errorf("through the gateway: %d %s", a.Status, a.Body)
	}

	for name, addr := range map[string]string{"public": strings.TrimPrefix(h.URL, "https://"), "gateway": strings.TrimPrefix(h.Gateway, "https://"), "checks": local(t, strings.TrimPrefix(h.Checks, "http://"))} {
		// The one parser that the gateway judges by is that of HTTP/1.1.
		c, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: pool, NextProtos: []string{"h2", "http/1.1"}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p := c.ConnectionState().NegotiatedProtocol; p != "http/1.1" {
			t.Errorf("%s speaks %q", name, p)
		}
		_ = c.Close()
		if c, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS11}); err == nil {
			t.Errorf("%s takes TLS 1.1", name)
			_ = c.Close()
		}
		plain, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/a/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		plain.Header.Set("Authorization", "Bearer "+token)
		if res, err := new(http.Client).Do(plain); err == nil {
			if res.StatusCode != http.StatusBadRequest {
				t.Errorf("%s answers in clear text: %d", name, res.StatusCode)
			}
			_ = res.Body.Close()
		}
	}

	// A handshake that breaks is a line of our log, not a stray one beside it.
	if !eventually(t, time.Minute, func() bool { return strings.Contains(string(log.Bytes()), "TLS handshake error") }) {
		t.Error("a broken handshake is not in the log")
	}

	// What counts is the clear text within: ambiguous framing is refused there, too.
	c, err := tls.Dial("tcp", strings.TrimPrefix(h.Gateway, "https://"), trust)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	host := strings.TrimPrefix(h.Gateway, "https://")
	if _, err := c.Write([]byte("POST /a/x HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + token + "\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("two framings: %d", res.StatusCode)
	}

	s := &stand{House: h}
	h.Checks = "https://" + local(t, strings.TrimPrefix(h.Checks, "http://"))
	if a := s.check(t, "/check", "Guestright-Check-Key: "+checkKey, "Authorization: Bearer "+token, "X-Original-Method: GET", "X-Original-Uri: /a/x", "X-Original-Host: "+host); a.Status != http.StatusOK {
		t.Errorf("forward-auth: %d %v %s", a.Status, a.Header, a.Body)
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "guestright-check-key", checkKey)
	for name, creds := range map[string]credentials.TransportCredentials{"tls": credentials.NewTLS(trust), "clear text": insecure.NewCredentials()} {
		conn, err := grpc.NewClient(local(t, h.GRPC), grpc.WithTransportCredentials(creds))
		if err != nil {
			t.Fatal(err)
		}
		_, err = authv3.NewAuthorizationClient(conn).Check(ctx, question("GET", "/a/x", host, nil))
		if want := map[string]codes.Code{"tls": codes.OK, "clear text": codes.Unavailable}[name]; status.Code(err) != want {
			t.Errorf("Envoy's door by %s: %v", name, err)
		}
		_ = conn.Close()
	}
}

// local is the address on loopback of a door that listens on all.
func local(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", port)
}
