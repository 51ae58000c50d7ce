package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/server"
)

// Trials run the platform as processes of its own: they are killed, starved of
// disk, cut off from one another. Every trial has a short form that runs with
// the other tests; make trial sets GUESTRIGHT_TRIAL and writes what it counted
// to docs/measurements/trial.md.

// long reports whether the full counts are asked for.
func long() bool { return os.Getenv("GUESTRIGHT_TRIAL") != "" }

// count gives how often a trial is repeated.
func count(short, full int) int {
	if long() {
		return full
	}
	return short
}

// eventually asks at short intervals until f says yes; no later than limit.
func eventually(t testing.TB, limit time.Duration, f func() bool) bool {
	t.Helper()
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(limit); time.Now().Before(end); <-tick.C {
		if f() {
			return true
		}
	}
	return f()
}

// rig is a folder with everything that serve needs: catalog, master key, data.
type rig struct {
	t     testing.TB
	dir   string
	nodes int
}

// newRig makes one for a product at upstream. plan replaces the text of the
// plan that groups start with; "" keeps it.
func newRig(t testing.TB, upstream, plan string) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir()}
	text := strings.Replace(string(pennant.Catalog()), "http://127.0.0.1:8481", upstream, 1)
	if plan != "" {
		at, end := strings.Index(text, "  development:"), strings.Index(text, "  partner:")
		text = text[:at] + "  development:\n" + plan + text[end:]
	}
	r.write("catalog.yaml", text)
	r.write("openapi.yaml", string(pennant.OpenAPI()))
	if err := secret.WriteKeyFile(filepath.Join(r.dir, "master.key")); err != nil {
		t.Fatal(err)
	}
	return r
}

// binary builds the program once, where make build puts it too, and without C as
// make trial and users do.
var binary = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs("../dist/guestright-trial")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "../cmd/guestright")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// wide is a plan that stands in nobody's way.
const wide = "    label: Development\n    sites: 1000000\n    limits:\n      - {calls: 1000000000, per: 24h}\n      - {calls: 1000000, per: 10s}\n"

func (r *rig) write(name, text string) string {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return path
}

func (r *rig) keys() *secret.Keyring {
	r.t.Helper()
	k, err := secret.ReadKeyFile(filepath.Join(r.dir, "master.key"))
	if err != nil {
		r.t.Fatal(err)
	}
	return k
}

// node is one serve of a rig. It keeps its addresses over restarts.
type node struct {
	t                   testing.TB
	config              string
	url, gateway, watch string
	hooks               string // address of a receiver on loopback that it may call; "": none
	client              *http.Client
	cmd                 *exec.Cmd
	out                 *tail
	done                chan struct{}
	code                int
}

// node writes the configuration of one more node.
func (r *rig) node(database string) *node {
	r.t.Helper()
	r.nodes++
	addr := testenv.Addresses(r.t, 3)
	n := &node{t: r.t, url: "http://" + addr[0], gateway: "http://" + addr[1], watch: "http://" + addr[2],
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	n.config = r.write(fmt.Sprintf("node%d.yaml", r.nodes), fmt.Sprintf(
		"url: %s\nlisten: %s\ndatabase: %q\ngateway: {listen: %q, url: %q}\nwatch: {listen: %q}\napplications: {unverified_installs: warn, unverified_customers: 0}\n",
		n.url, addr[0], database, addr[1], n.gateway, addr[2]))
	r.t.Cleanup(func() {
		n.kill()
		n.client.CloseIdleConnections()
	})
	return n
}

// open builds the house of this node in the test's own process, to fill it or
// to look into it.
func (n *node) open() *server.App {
	n.t.Helper()
	cfg, err := server.LoadConfig(n.config)
	if err != nil {
		n.t.Fatal(err)
	}
	app, err := server.Open(context.Background(), cfg, server.Options{Outbound: reaching(n.t, n.hooks)})
	if err != nil {
		n.t.Fatal(err)
	}
	return app
}

// start runs the node and waits until it is ready; it returns how long that
// took. The full trial runs the program as it is built for users, the short
// form this test binary, and so the race detector with it; so do nodes that call
// a receiver on loopback, which the program never does.
func (n *node) start() time.Duration {
	n.t.Helper()
	if long() && n.hooks == "" {
		path, err := binary()
		if err != nil {
			n.t.Fatal(err)
		}
		n.cmd = exec.Command(path, "serve", "--config", n.config)
	} else {
		n.cmd = exec.Command(os.Args[0], "-test.run=^TestTrialChild$", "-test.timeout=30m")
		n.cmd.Env = append(os.Environ(), childEnv+"="+n.config, hooksEnv+"="+n.hooks)
	}
	n.out, n.done = &tail{}, make(chan struct{})
	n.cmd.Stdout, n.cmd.Stderr = n.out, n.out
	// A guard kills the node when this pipe ends, so that it cannot outlive a test
	// that died.
	life, keep, err := os.Pipe()
	if err != nil {
		n.t.Fatal(err)
	}
	begun := time.Now()
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	guard := exec.Command("sh", "-c", "cat >/dev/null; kill -9 "+strconv.Itoa(n.cmd.Process.Pid))
	guard.Stdin = life
	if err := guard.Start(); err != nil {
		_ = n.cmd.Process.Kill()
		n.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait()
		_ = guard.Process.Kill()
		_ = guard.Wait()
		_, _ = life.Close(), keep.Close()
		n.code = cmd.ProcessState.ExitCode()
		close(done)
	}(n.cmd, n.done)
	ready := eventually(n.t, 60*time.Second, func() bool { return n.ready() || n.ended() })
	if !ready || n.ended() {
		n.kill()
		n.t.Fatalf("the node does not start:\n%s", n.out)
	}
	return time.Since(begun)
}

func (n *node) ready() bool {
	res, err := n.client.Get(n.watch + "/readyz")
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func (n *node) ended() bool {
	select {
	case <-n.done:
		return true
	default:
		return false
	}
}

// kill ends the node as a power cut would, and nothing happens when it is over.
func (n *node) kill() {
	if n.cmd == nil || n.cmd.Process == nil {
		return
	}
	_ = n.cmd.Process.Kill()
	<-n.done
	if strings.Contains(n.out.String(), "WARNING: DATA RACE") {
		n.t.Errorf("a data race in the node:\n%s", n.out)
	}
}

// stop asks the node to end and gives its exit code.
func (n *node) stop() int {
	n.t.Helper()
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-n.done:
	case <-time.After(40 * time.Second):
		n.kill()
		n.t.Errorf("the node does not stop:\n%s", n.out)
	}
	return n.code
}

// tail keeps the last lines of what a process says.
type tail struct {
	mu sync.Mutex
	b  []byte
}

// Write implements io.Writer.
func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.b = append(w.b, p...)
	if over := len(w.b) - 1<<16; over > 0 {
		w.b = w.b[over:]
	}
	return len(p), nil
}

func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.b)
}

// product is an API behind the gateway that says yes to everything.
func product(t testing.TB) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"items":[]}`))
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// ask sends a request; err is set when there was no whole answer, which says
// nothing about what happened.
func (n *node) ask(r *http.Request) (int, []byte, error) {
	res, err := n.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, bytes.TrimSpace(body), err
}
