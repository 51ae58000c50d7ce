package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store/storetest"
)

// Calls that a killed node let through are never let through again: a node
// reserves a hundredth of a limit before it spends it. Counted at the product,
// on both databases, since a killed gateway answers nobody.
func TestTrialKillLeases(t *testing.T) {
	for name, database := range map[string]func(*testing.T, *rig) string{
		"SQLite":     func(_ *testing.T, r *rig) string { return filepath.Join(r.dir, "guestright.db") },
		"PostgreSQL": func(t *testing.T, _ *rig) string { return storetest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			const limit, lease, clients = 1000, 10, 8
			kills := count(3, 20)
			var arrived atomic.Int64
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				arrived.Add(1)
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"items":[]}`)
			}))
			t.Cleanup(api.Close)
			r := newRig(t, api.URL, "    label: Development\n    sites: 1000\n    limits:\n      - {calls: 1000, per: 24h}\n      - {calls: 1000000, per: 10s}\n")
			n := r.node(database(t, r))
			app := n.open()
			if _, err := app.DB.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			p := people(t, app, 2)
			if err := app.Close(); err != nil {
				t.Fatal(err)
			}
			n.start()
			raw := n.installed(p)
			call := func() (bool, error) {
				status, code, err := n.call(raw, p.accounts[0].Key)
				if err == nil && status != 200 && code != "quota_exceeded" {
					t.Errorf("%d %s", status, code)
				}
				return status == 200, err
			}
			for range kills {
				enough := arrived.Load() + int64(limit/(2*kills))
				var callers sync.WaitGroup
				for range clients {
					callers.Go(func() {
						for ok, err := call(); ok && err == nil; ok, err = call() {
						}
					})
				}
				if !eventually(t, time.Minute, func() bool { return arrived.Load() >= enough }) {
					t.Error("calls do not pass")
				}
				n.kill()
				callers.Wait()
				n.start()
			}
			for refused := 0; refused < 20; {
				ok, err := call()
				if err != nil {
					t.Fatal(err)
				}
				if ok {
					refused = 0
				} else {
					refused++
				}
			}
			// A killed node may also have decided on a call of each client that the
			// product then never saw.
			got, least := arrived.Load(), int64(limit-kills*(lease+clients))
			if got > limit || got < least {
				t.Errorf("%d calls arrived of %d, after %d kills; want %d at least", got, limit, kills, least)
			}
			report(t, "Killed in the middle of a quota, "+name, fmt.Sprintf(
				"1,000 calls in 24 hours, spent by %d clients while the process is killed with `kill -9` %d times: %d arrived at the product, so each kill wasted %.1f; "+
					"a lease is %d, and each client has a call under way.", clients, kills, got, float64(limit-got)/float64(kills), lease))
		})
	}
}

// installed makes what a caller needs and gives a token.
func (n *node) installed(p person) string {
	n.t.Helper()
	reg, err := n.register(p.cookie, p.group.ID.String(), "Caller")
	var key made
	for _, step := range []func() (made, error){
		func() (made, error) { return n.publish(p.cookie, reg.ID) },
		func() (made, error) { return n.install(p.cookie, p.accounts[0].ID.String(), reg.PublicID) },
		func() (made, error) { key, err = n.key(p.cookie, reg.ID); return key, err },
	} {
		if err != nil {
			n.t.Fatal(err)
		}
		if m, bad := step(); bad != nil || !m.ok() {
			n.t.Fatalf("%+v %v", m, bad)
		}
	}
	raw, status, err := n.token(key, p.accounts[0].Key)
	if err != nil || status != 200 {
		n.t.Fatalf("token: %d %v", status, err)
	}
	return raw
}
