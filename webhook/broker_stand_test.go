package webhook_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/guestright/guestright/kit/testenv"
)

// stand is a message broker of the test's own on loopback. One with TLS has the
// name publicHost, at an address of the internet.
type stand struct {
	address  string         // of an endpoint
	at       string         // host and port
	roots    *x509.CertPool // that its certificate is under; nil: without TLS
	username string
	password string
	read     func() received // the next message
	start    func()
	stop     func()
}

// publicHost is a name of the certificate that package httptest has.
const publicHost = "broker.example.com"

// certified is that certificate, and who trusts it.
func certified(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	return srv.TLS.Certificates[0], pool
}

// files writes the certificate and its key for a program.
func files(t *testing.T, c tls.Certificate, dir string) (cert, key string) {
	t.Helper()
	secret, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	for path, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// reached is how an endpoint names a server on a local port.
func reached(at string, secure bool) string {
	if !secure {
		return at
	}
	_, port, _ := net.SplitHostPort(at)
	return net.JoinHostPort(publicHost, port)
}

// program runs a server until stop; start waits until it is ready.
func program(t *testing.T, ready func() bool, env []string, argv ...string) (start, stop func()) {
	t.Helper()
	var cmd *exec.Cmd
	stop = func() {
		if cmd != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // with what it started
			_ = cmd.Wait()
			cmd = nil
		}
	}
	start = func() {
		cmd = exec.Command(argv[0], argv[1:]...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Env = append(os.Environ(), env...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(2 * time.Minute); !ready(); {
			if time.Now().After(end) {
				t.Fatalf("%s does not answer", argv[0])
			}
			pause(20 * time.Millisecond)
		}
	}
	t.Cleanup(stop)
	return start, stop
}

// listens says whether somebody takes connections there.
func listens(at string) func() bool {
	return func() bool {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}
}

func pause(d time.Duration) { <-time.After(d) }

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func portOf(t *testing.T, at string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func redisStand(t *testing.T, scheme string, secure bool) stand {
	t.Helper()
	path := testenv.Tool(t, "redis-server", "valkey-server")
	at := testenv.Addresses(t, 1)[0]
	options := &redis.Options{Addr: at, Username: "guest", Password: "open sesame", DB: 1, MaxRetries: -1}
	s := stand{address: scheme + "://" + reached(at, secure) + "/1?stream=orders&maxlen=1000", at: at, username: "guest", password: "open sesame"}
	dir := t.TempDir()
	conf := fmt.Sprintf("port %d\n", portOf(t, at))
	if secure {
		var pair tls.Certificate
		pair, s.roots = certified(t)
		cert, key := files(t, pair, dir)
		conf = fmt.Sprintf("port 0\ntls-port %d\ntls-cert-file %s\ntls-key-file %s\ntls-auth-clients no\n", portOf(t, at), cert, key)
		options.TLSConfig = &tls.Config{RootCAs: s.roots, ServerName: publicHost, MinVersion: tls.VersionTLS12}
	}
	conf += "bind 127.0.0.1\ndir " + dir + "\nsave \"\"\nuser guest on \">open sesame\" allkeys allcommands\nuser default off\n"
	if err := os.WriteFile(dir+"/redis.conf", []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start, s.stop = program(t, listens(at), nil, path, dir+"/redis.conf")
	last := "0"
	s.read = func() received {
		client := redis.NewClient(options) // the server may be another one than before
		defer func() { _ = client.Close() }()
		got, err := client.XRead(t.Context(), &redis.XReadArgs{Streams: []string{"orders", last}, Count: 1, Block: 20 * time.Second}).Result()
		if err != nil {
			t.Fatal(err)
		}
		m := got[0].Messages[0]
		last = m.ID
		r := received{header: http.Header{}}
		for name, v := range m.Values {
			if name == "body" {
				r.body = []byte(v.(string))
				continue
			}
			r.header.Set(name, v.(string))
		}
		return r
	}
	inner := s.stop
	s.stop = func() { last = "0"; inner() } // it keeps nothing
	return s
}
