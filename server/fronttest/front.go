package fronttest

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/testenv"
)

// Host is the name that the example configurations answer for.
const Host = "api.example.com"

// examples are the configurations that people copy, relative to a package one
// folder below the root.
const examples = "../docs/examples/"

// Around says where a front finds the others.
type Around struct {
	Product string // host:port
	Check   string // host:port of the forward-auth endpoint
	Key     string
}

// Nginx starts nginx with docs/examples/nginx.conf and gives its address.
func Nginx(t testing.TB, a Around) string {
	t.Helper()
	bin := testenv.Tool(t, "nginx")
	return start(t, func(dir, addr string) *exec.Cmd {
		key := filepath.Join(dir, "key.conf")
		write(t, key, `proxy_set_header Guestright-Check-Key "`+a.Key+`";`)
		write(t, filepath.Join(dir, "site.conf"), example(t, "nginx.conf", "server 127.0.0.1:8481", "server "+a.Product, "server 127.0.0.1:8491", "server "+a.Check,
			"listen 8080", "listen "+addr, "include /etc/nginx/guestright-check-key.conf", "include "+key))
		user := ""
		if os.Getuid() == 0 {
			user = "user root;\n"
		}
		write(t, filepath.Join(dir, "nginx.conf"), user+`daemon off;
worker_processes 1;
pid `+dir+`/pid;
error_log `+dir+`/error.log warn;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path `+dir+`/body;
    proxy_temp_path `+dir+`/proxy;
    fastcgi_temp_path `+dir+`/f;
    uwsgi_temp_path `+dir+`/u;
    scgi_temp_path `+dir+`/s;
    include `+dir+`/site.conf;
}
`)
		return exec.Command(bin, "-p", dir, "-e", dir+"/error.log", "-c", dir+"/nginx.conf")
	})
}

// Caddy starts Caddy with docs/examples/Caddyfile and gives its address.
func Caddy(t testing.TB, a Around) string {
	t.Helper()
	bin := testenv.Tool(t, "caddy")
	return start(t, func(dir, addr string) *exec.Cmd {
		_, port, _ := strings.Cut(addr, ":")
		path := filepath.Join(dir, "Caddyfile")
		write(t, path, example(t, "Caddyfile", "127.0.0.1:8491", a.Check, "127.0.0.1:8481", a.Product,
			"http://api.example.com:8080 {", "http://api.example.com:"+port+" {\n\tbind 127.0.0.1", "http://:8080 {", "http://:"+port+" {\n\tbind 127.0.0.1"))
		cmd := exec.Command(bin, "run", "--adapter", "caddyfile", "--config", path)
		cmd.Env = []string{"HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "GUESTRIGHT_CHECK_KEY=" + a.Key, "PATH=" + os.Getenv("PATH")}
		return cmd
	})
}

// example reads a configuration and replaces its addresses. Each must be there.
func example(t testing.TB, name string, pairs ...string) string {
	t.Helper()
	raw, err := os.ReadFile(examples + name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("docs/examples/%s has no %q any more", name, pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// start runs a server on a free port; another process may take the port in
// between, so it tries more than once.
func start(t testing.TB, command func(dir, addr string) *exec.Cmd) string {
	t.Helper()
	var why string
	for range 3 {
		dir, addr := t.TempDir(), free(t)
		cmd := command(dir, addr)
		var out output
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			_ = cmd.Wait()
			close(ended)
		}()
		if answers(addr, ended) {
			t.Cleanup(func() { stop(cmd, ended) })
			return addr
		}
		stop(cmd, ended)
		log, _ := os.ReadFile(dir + "/error.log")
		why = out.String() + string(log)
	}
	t.Fatalf("it does not start: %s", why)
	return ""
}

func stop(cmd *exec.Cmd, ended <-chan struct{}) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		_ = cmd.Process.Kill()
		<-ended
	}
}

func free(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

// answers waits until the address accepts connections or the process has ended.
func answers(addr string, ended <-chan struct{}) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			_ = c.Close()
			return true
		}
		select {
		case <-ended:
			return false
		case <-ctx.Done():
			return false
		case <-again.C:
		}
	}
}

// output collects what a process says.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// String is what was said so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
