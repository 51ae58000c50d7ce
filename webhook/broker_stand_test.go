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

	amqp "github.com/rabbitmq/amqp091-go"
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
		for end := time.Now().Add(30 * time.Second); !ready(); {
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

// rabbitStand runs the server, and the daemon of its platform that knows the
// ports of nodes, on ports of the test's own: else the server would start one
// that stays.
func rabbitStand(t *testing.T) stand {
	t.Helper()
	path, epmd := testenv.Tool(t, "/usr/lib/rabbitmq/bin/rabbitmq-server"), testenv.Tool(t, "epmd")
	ports, dir := testenv.Addresses(t, 4), t.TempDir()
	plain, at, dist, names := ports[0], ports[1], portOf(t, ports[2]), portOf(t, ports[3])
	s := stand{address: "amqps://" + reached(at, true) + "/?queue=orders", at: at, username: "guest", password: "guest"}
	var pair tls.Certificate
	pair, s.roots = certified(t)
	cert, key := files(t, pair, dir)
	config, plugins := filepath.Join(dir, "rabbitmq.conf"), filepath.Join(dir, "plugins")
	for path, text := range map[string]string{plugins: "[].", config: fmt.Sprintf("listeners.tcp.1 = %s\nlisteners.ssl.1 = %s\nssl_options.certfile = %s\nssl_options.keyfile = %s\nloopback_users = none\n", plain, at, cert, key)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	nodes, _ := program(t, listens(ports[3]), nil, epmd, "-address", "127.0.0.1", "-port", strconv.Itoa(names))
	nodes()
	ready := func() bool {
		conn, err := amqp.Dial("amqp://guest:guest@" + plain + "/")
		return err == nil && conn.Close() == nil
	}
	start, stop := program(t, ready, []string{fmt.Sprintf("RABBITMQ_NODENAME=t%d@localhost", names), "RABBITMQ_CONFIG_FILE=" + config, "RABBITMQ_MNESIA_BASE=" + dir, "RABBITMQ_LOG_BASE=" + dir, "HOME=" + dir, "RABBITMQ_CONF_ENV_FILE=/dev/null",
		fmt.Sprint("RABBITMQ_DIST_PORT=", dist), "RABBITMQ_ENABLED_PLUGINS_FILE=" + plugins, fmt.Sprint("ERL_EPMD_PORT=", names), "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"}, path)
	s.stop = stop
	s.start = func() {
		start()
		channel(t, plain, func(c *amqp.Channel) {
			if _, err := c.QueueDeclare("orders", true, false, false, false, nil); err != nil {
				t.Fatal(err)
			}
		})
	}
	s.read = func() received {
		r := received{header: http.Header{}}
		channel(t, plain, func(c *amqp.Channel) {
			if err := c.Qos(1, 0, false); err != nil {
				t.Fatal(err)
			}
			got, err := c.Consume("orders", "", false, false, false, false, nil)
			if err != nil {
				t.Fatal(err)
			}
			select {
			case m := <-got:
				if err := m.Ack(false); err != nil {
					t.Fatal(err)
				}
				r.body = m.Body
				for name, v := range m.Headers {
					r.header.Set(name, v.(string))
				}
			case <-within(t).Done():
				t.Fatal("no message came")
			}
		})
		return r
	}
	return s
}

func channel(t *testing.T, at string, f func(*amqp.Channel)) {
	t.Helper()
	conn, err := amqp.Dial("amqp://guest:guest@" + at + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	c, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	f(c)
}
