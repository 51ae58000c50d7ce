package server_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/token"
)

// wire carries the connections of one node to its database and can be cut.
type wire struct {
	t      testing.TB
	ln     net.Listener
	server string
	mu     sync.Mutex
	open   map[net.Conn]bool
	broken bool
	going  sync.WaitGroup
}

func newWire(t testing.TB, server string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, ln: ln, server: server, open: map[net.Conn]bool{}}
	w.going.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			w.going.Go(func() { w.carry(c) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		w.cut()
		w.going.Wait()
	})
	return w
}

func (w *wire) carry(c net.Conn) {
	defer func() { _ = c.Close() }()
	s, err := net.Dial("tcp", w.server)
	if err != nil {
		return
	}
	defer func() { _ = s.Close() }()
	w.mu.Lock()
	if w.broken {
		w.mu.Unlock()
		return
	}
	w.open[c], w.open[s] = true, true
	w.mu.Unlock()
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{c, s}, {s, c}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1])
			_, _ = c.Close(), s.Close()
			done <- struct{}{}
		}()
	}
	<-done
	<-done
	w.mu.Lock()
	delete(w.open, c)
	delete(w.open, s)
	w.mu.Unlock()
}

// cut ends every connection and lets no new one through.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = true
	for c := range w.open {
		_ = c.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = false
}

// installed is an installed application of a person on a node.
type installed struct {
	n      *node
	app    *server.App // another handle on the same data, to look tokens up
	person person
	key    made
}

// newInstalled prepares data through app and asks for the rest over HTTP.
func newInstalled(t testing.TB, n *node, app *server.App, p person) *installed {
	t.Helper()
	must := func(m made, err error) made {
		t.Helper()
		if err != nil || !m.ok() {
			t.Fatalf("%d %s %s %v", m.Status, m.Code, m.Detail, err)
		}
		return m
	}
	reg := must(n.register(p.cookie, p.group.ID.String(), "Fault finder"))
	must(n.publish(p.cookie, reg.ID))
	i := &installed{n: n, app: app, person: p, key: must(n.key(p.cookie, reg.ID))}
	must(n.install(p.cookie, p.accounts[0].ID.String(), reg.PublicID))
	return i
}

// token gives a token and its id, once the node accepts it.
func (i *installed) token(t testing.TB) (string, string) {
	t.Helper()
	raw := ""
	eventually(t, 20*time.Second, func() bool {
		got, status, err := i.n.token(i.key, "")
		raw = got
		return err == nil && status == 200
	})
	if raw == "" {
		t.Fatalf("no token:\n%s", i.n.out)
	}
	if status, code, err := i.n.call(raw, "acc-0"); err != nil || status != 200 {
		t.Fatalf("a fresh token: %d %s %v", status, code, err)
	}
	var found token.Token
	err := i.app.DB.Read(t.Context(), func(tx *store.Tx) error {
		var err error
		found, err = i.app.Tokens.Find(tx, raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw, found.ID.String()
}

func (i *installed) revoke(id string) (made, error) {
	return i.n.api(i.person.cookie, "DELETE", "/v1/tokens/"+id, nil)
}

// refused waits until the node refuses the token.
func (i *installed) refused(t testing.TB, raw string) bool {
	t.Helper()
	return eventually(t, staleness(), func() bool {
		status, _, err := i.n.call(raw, "acc-0")
		return err == nil && status == 401
	})
}

// revokedInTheEnd repeats the revocation until the platform says yes, and then
// the token must be dead.
func (i *installed) revokedInTheEnd(t testing.TB, raw, id string) {
	t.Helper()
	last := made{}
	if !eventually(t, 30*time.Second, func() bool {
		m, err := i.revoke(id)
		last = m
		return err == nil && m.ok()
	}) {
		t.Errorf("the revocation cannot be repeated: %d %s", last.Status, last.Code)
		return
	}
	if !i.refused(t, raw) {
		t.Error("revoked, and accepted all the same")
	}
}

// F-09 and threat 11: a revocation that cannot be written says 503 and changes
// nothing; nobody hears 2xx for one that did not happen, wherever in the
// operation the database goes away.
func TestTrialF09_RevokeWithoutStore(t *testing.T) {
	storetest.NeedPostgres(t)
	database := storetest.PostgresURL(t)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, u.Host)
	u.Host = w.ln.Addr().String()
	r := newRig(t, product(t), wide)
	app := r.node(database).open()
	defer func() { _ = app.Close() }()
	p := people(t, app, 1)
	n := r.node(u.String())
	n.start()
	i := newInstalled(t, n, app, p)

	raw, id := i.token(t)
	w.cut()
	m, err := i.revoke(id)
	if err != nil || m.Status != 503 {
		t.Errorf("revoking without a database: %d %s %v", m.Status, m.Code, err)
	}
	if status, code, err := n.call(raw, "acc-0"); err != nil || status != 200 {
		t.Errorf("what was not revoked is refused: %d %s %v", status, code, err)
	}
	if _, status, err := n.token(i.key, ""); err != nil || status != 503 {
		t.Errorf("a token request without a database: %d %v", status, err)
	}
	garbled := secret.Generate(secret.AccessToken).Reveal()
	if status, code, err := n.call(garbled, "acc-0"); err != nil || status != 503 {
		t.Errorf("a token that nobody can look up now: %d %s %v", status, code, err)
	}
	if m, err := n.api(p.cookie, "DELETE", "/v1/tokens/"+ident.New[token.Token](time.Now()).String(), nil); err != nil || m.Status != 503 {
		t.Errorf("an absent token without a database: %d %s %v", m.Status, m.Code, err)
	}
	w.mend()
	i.revokedInTheEnd(t, raw, id)

	// A cut falls anywhere into the time of two whole requests, however fast the machine is.
	var whole time.Duration
	for range 10 {
		_, id := i.token(t)
		begun := time.Now()
		if m, err := i.revoke(id); err != nil || !m.ok() {
			t.Fatalf("revoking with a database: %d %s %v", m.Status, m.Code, err)
		}
		whole = max(whole, time.Since(begun))
	}
	moments := count(5, 100)
	told := map[int]int{}
	for range moments {
		raw, id := i.token(t)
		answer := make(chan made, 1)
		go func() {
			m, err := i.revoke(id)
			if err != nil {
				t.Error(err)
			}
			answer <- m
		}()
		moment := time.NewTimer(rand.N(2 * whole))
		<-moment.C
		w.cut()
		m := <-answer
		told[m.Status]++
		w.mend()
		switch {
		case m.ok():
			if !i.refused(t, raw) {
				t.Error("acknowledged, and accepted all the same")
			}
		case m.Status != 503:
			t.Errorf("revoking while the database goes away: %d %s", m.Status, m.Code)
		}
		i.revokedInTheEnd(t, raw, id)
	}
	if long() && (told[503] == 0 || told[503] == moments) {
		t.Errorf("every cut fell on one side of the commit: %v", told)
	}
	if t.Failed() {
		t.Logf("the node said:\n%s", n.out)
	}
	report(t, "Revoking while the database goes away", "PostgreSQL behind a wire that is cut.", "",
		"- Cut before: 503, the token works on (a node remembers what it knows), unknown tokens and token requests get 503, never 401; mended, the same request revokes.",
		fmt.Sprintf("- Cut at %d random moments of the request: %d times 2xx and refused from then on, %d times 503 and revoked when repeated; no other answer.", moments, told[204]+told[200], told[503]))
}
