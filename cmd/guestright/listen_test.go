package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/client/webhook"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server/servertest"
)

// desk is a platform with an application that is installed, and a developer's
// server on this machine.
type desk struct {
	*servertest.House
	t     *testing.T
	clock *storetest.Clock
	key   application.IssuedKey
	app   application.Application
	dev   access.Principal
	local string // where the server is
	grant string
	token string

	mu     sync.Mutex
	secret string      // that it verifies with
	came   chan string // names of the events that it took
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, clock: storetest.NewClock(), came: make(chan string, 1000)}
	d.House = servertest.Start(t, servertest.Options{DB: storetest.Open(t, d.clock), Clock: d.clock})
	admin, acc := d.Customer("harbour", account.Production)
	dev, team := d.Developer("dev@example.com")
	d.dev = dev
	d.app, d.key = d.Release(dev, team, "flags.read")
	d.grant = d.Install(admin, acc, d.app).Grant
	d.token = d.Token(d.key, acc.ID.String())
	srv := httptest.NewServer(http.HandlerFunc(d.take))
	t.Cleanup(srv.Close)
	d.local = srv.URL
	return d
}

// take is the developer's server: it verifies as any receiver does.
func (d *desk) take(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	v := &webhook.Verifier{Secrets: []string{d.secret}}
	d.mu.Unlock()
	v.Handler(func(_ context.Context, m webhook.Message) error {
		var e struct {
			ID   string
			Data struct{ Name string }
		}
		if err := json.Unmarshal(m.Body, &e); err != nil || e.ID != m.ID || r.Method != http.MethodPost || r.URL.Path != "/hooks" {
			return fmt.Errorf("%s %s: %w", r.Method, r.URL, err)
		}
		d.came <- e.Data.Name
		if e.Data.Name == "bad" {
			return fmt.Errorf("no")
		}
		return nil
	}).ServeHTTP(w, r)
}

// next is the event that comes next.
func (d *desk) next() string {
	d.t.Helper()
	select {
	case name := <-d.came:
		return name
	case <-time.After(patience):
		d.t.Fatal("no event comes")
		return ""
	}
}

func (d *desk) happens(kind string, names ...string) {
	d.t.Helper()
	for _, name := range names {
		_, err := d.Events.Publish(d.t.Context(), access.System("test"), []event.Draft{{Type: kind, Account: "harbour", Subject: "proj/web:env/staging:flag/x", Data: fmt.Appendf(nil, `{"name":%q}`, name)}}, func(int) string { return "" })
		if err != nil {
			d.t.Fatal(err)
		}
	}
}

// listener is the command, running.
type listener struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string   // of both outputs, until it has ended
	done  chan struct{} // it has ended
}

// listens starts the command as people do. It must not ask for more than stands
// on its command line and in the token's variable.
func (d *desk) listens(at string, args ...string) *listener {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), "guestright", append([]string{"listen", "--url", at, "--forward", d.local + "/hooks"}, args...)...)
	cmd.Env = append(cmd.Environ(), "GUESTRIGHT_TOKEN="+d.token)
	return begun(d.t, cmd)
}

func begun(t *testing.T, cmd *exec.Cmd) *listener {
	t.Helper()
	out, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l := &listener{t: t, cmd: cmd, lines: make(chan string, 1000), done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // the exit code says it
		_ = w.Close()
		close(l.done)
	}()
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			l.lines <- s.Text()
		}
		close(l.lines)
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-l.done })
	return l
}

// says waits for a line that holds all these words, and gives it.
func (l *listener) says(words ...string) string {
	l.t.Helper()
	var seen []string
	enough := time.NewTimer(patience)
	defer enough.Stop()
	for {
		select {
		case line, more := <-l.lines:
			if !more {
				l.t.Fatalf("it has ended, without a line with %q:\n%s", words, strings.Join(seen, "\n"))
			}
			seen = append(seen, line)
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
				return line
			}
		case <-enough.C:
			l.t.Fatalf("no line with %q:\n%s", words, strings.Join(seen, "\n"))
		}
	}
}

// ends waits for the exit code.
func (l *listener) ends() int {
	<-l.done
	return l.cmd.ProcessState.ExitCode()
}

// interrupted is Ctrl-C.
func (l *listener) interrupted() int {
	l.t.Helper()
	if err := l.cmd.Process.Signal(stopSignals()[0]); err != nil {
		l.t.Fatal(err)
	}
	return l.ends()
}

// learns takes the secret from the line that shows it.
func (d *desk) learns(line string) {
	d.t.Helper()
	_, secret, ok := strings.Cut(line, "whsec_")
	if !ok {
		d.t.Fatalf("no secret in %q", line)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.secret = "whsec_" + strings.TrimSpace(secret)
}

// road is a way to the platform that can be cut.
type road struct {
	*httptest.Server
	down atomic.Bool
}

func newRoad(t *testing.T, to string) *road {
	t.Helper()
	at, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	r := &road{}
	quiet := log.New(io.Discard, "", 0)
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(at) }, FlushInterval: -1, ErrorLog: quiet}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if r.down.Load() {
			panic(http.ErrAbortHandler) // closes the connection
		}
		proxy.ServeHTTP(w, q)
	}))
	r.Config.ErrorLog = quiet
	r.Start()
	t.Cleanup(r.Close)
	return r
}

// cut breaks what is open, and lets nothing through until mend.
func (r *road) cut() {
	r.down.Store(true)
	r.CloseClientConnections()
}

func (r *road) mend() { r.down.Store(false) }
