package server_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// acknowledged is what the platform has said yes to, by the name under which it
// is found again.
type acknowledged struct {
	mu                                sync.Mutex
	applications, keys, installations map[string]bool
	tokens                            map[string]bool // raw
	recent                            []string        // tokens of this round
	calls, refused                    atomic.Int64
}

func (k *acknowledged) add(set map[string]bool, id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	set[id] = true
}

// F-01: kill -9 under load, and nothing that was acknowledged is
// lost, nothing is half there.
func TestTrialKill(t *testing.T) {
	rounds := count(2, 20)
	r := newRig(t, product(t), wide)
	database := filepath.Join(r.dir, "guestright.db")
	n := r.node(database)
	app := n.open()
	p := people(t, app, 20)
	keys := app.Keys
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	known := &acknowledged{applications: map[string]bool{}, keys: map[string]bool{}, installations: map[string]bool{}, tokens: map[string]bool{}}
	n.start()
	var slowest time.Duration
	for range rounds {
		known.recent = nil
		var workers sync.WaitGroup
		for w := range 8 {
			workers.Go(func() {
				for round := 0; work(n, known, p, fmt.Sprintf("App %d %d", w, round)); round++ {
				}
			})
		}
		// Only once calls pass again, so that there is something to lose however slow
		// the machine is; then at another moment each time.
		before := known.calls.Load()
		if !eventually(t, time.Minute, func() bool { return known.calls.Load() > before }) {
			t.Error("no call passed within a minute")
		}
		busy := time.NewTimer(400*time.Millisecond + rand.N(1200*time.Millisecond))
		<-busy.C
		n.kill()
		workers.Wait()
		slowest = max(slowest, n.start())
		kept(t, database, keys, known)
		for _, raw := range known.recent[max(0, len(known.recent)-20):] {
			if status, code, err := n.call(raw, "acc-0"); err != nil || status == 401 {
				t.Errorf("an acknowledged token after the restart: %d %s %v", status, code, err)
			}
		}
		if t.Failed() {
			t.Fatalf("the node said:\n%s", n.out)
		}
	}
	if long() && !eventually(t, time.Minute, func() bool { return kept(t, database, keys, known).Unsealed == 0 }) {
		t.Error("the sealer does not keep up")
	}
	if code := n.stop(); code != 0 {
		t.Errorf("the node ended with %d:\n%s", code, n.out)
	}
	rep := kept(t, database, keys, known)
	if len(known.installations) == 0 || len(known.tokens) == 0 {
		t.Error("nothing was acknowledged, so nothing was tried")
	}
	report(t, "Kill", fmt.Sprintf("`kill -9` of the process %d times under the load of 8 clients of the management API, the token endpoint and the gateway; SQLite, FULL.", rounds), "",
		"| acknowledged | found again |", "|---|---|",
		fmt.Sprintf("| registrations with their audit entry | %d of %d |", len(known.applications), len(known.applications)),
		fmt.Sprintf("| keys with their audit entry | %d of %d |", len(known.keys), len(known.keys)),
		fmt.Sprintf("| installations with their audit entry | %d of %d |", len(known.installations), len(known.installations)),
		fmt.Sprintf("| tokens | %d of %d |", len(known.tokens), len(known.tokens)), "",
		fmt.Sprintf("%d calls passed the gateway meanwhile. After every restart: `PRAGMA integrity_check` and `foreign_key_check` are clean, the chains of the audit log verify (%d entries sealed in the end, %d waiting), "+
			"and no object is without its audit entry or the other way round. Slowest restart until ready: %d ms.", known.calls.Load(), rep.Sealed, rep.Unsealed, slowest.Milliseconds()))
}

// work does one developer's and administrator's round and notes what was
// acknowledged. It returns false when the node is gone.
func work(n *node, known *acknowledged, p person, name string) bool {
	reg, err := n.register(p.cookie, p.group.ID.String(), name)
	if err != nil || !reg.ok() {
		return gone(n, known, reg, err)
	}
	known.add(known.applications, reg.ID)
	if m, err := n.publish(p.cookie, reg.ID); err != nil || !m.ok() {
		return gone(n, known, m, err)
	}
	key, err := n.key(p.cookie, reg.ID)
	if err != nil || !key.ok() {
		return gone(n, known, key, err)
	}
	known.add(known.keys, key.ID)
	for _, a := range []account.Account{p.accounts[0], p.accounts[1+rand.N(len(p.accounts)-1)]} {
		ins, err := n.install(p.cookie, a.ID.String(), reg.PublicID)
		if err != nil || !ins.ok() {
			return gone(n, known, ins, err)
		}
		known.add(known.installations, ins.ID)
		raw, status, err := n.token(key, a.Key)
		if err != nil || status != 200 {
			return gone(n, known, made{Status: status}, err)
		}
		known.add(known.tokens, raw)
		if a.Key == "acc-0" {
			known.mu.Lock()
			known.recent = append(known.recent, raw)
			known.mu.Unlock()
		}
		for range 4 {
			status, code, err := n.call(raw, a.Key)
			if err != nil || status != 200 {
				return gone(n, known, made{Status: status, Code: code}, err)
			}
			known.calls.Add(1)
		}
	}
	return true
}

// gone tells a killed node, which answers nothing, from one that refuses.
func gone(n *node, known *acknowledged, m made, err error) bool {
	if err == nil && known.refused.Add(1) == 1 {
		n.t.Errorf("refused under load: %d %s %s", m.Status, m.Code, m.Detail)
	}
	return false
}

// kept checks the database against what was acknowledged.
func kept(t testing.TB, database string, keys *secret.Keyring, known *acknowledged) audit.Report {
	t.Helper()
	db, err := store.Open(store.Config{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx := context.Background()
	err = db.Read(ctx, func(tx *store.Tx) error {
		var verdict []string
		if err := tx.NewRaw("PRAGMA integrity_check").Scan(tx.Ctx, &verdict); err != nil {
			return err
		}
		if len(verdict) != 1 || verdict[0] != "ok" {
			t.Errorf("integrity: %v", verdict)
		}
		var broken int
		if err := tx.NewRaw("SELECT COUNT(*) FROM pragma_foreign_key_check").Scan(tx.Ctx, &broken); err != nil {
			return err
		}
		if broken > 0 {
			t.Errorf("%d rows refer to nothing", broken)
		}
		for _, one := range []struct {
			table, noun string
			want        map[string]bool
		}{
			{"application_application", "application", known.applications},
			{"application_key", "key", known.keys},
			{"integration_installation", "installation", known.installations},
		} {
			rows, err := ids(tx, "SELECT id FROM "+one.table)
			if err != nil {
				return err
			}
			entries, err := ids(tx, "SELECT target FROM audit_entry WHERE action = '"+one.noun+".create'")
			if err != nil {
				return err
			}
			for id := range one.want {
				if !rows[id] || !entries[one.noun+"/"+id] {
					t.Errorf("acknowledged and lost: %s %s (row %v, audit entry %v)", one.noun, id, rows[id], entries[one.noun+"/"+id])
				}
			}
			for id := range rows {
				if !entries[one.noun+"/"+id] {
					t.Errorf("%s %s has no audit entry", one.noun, id)
				}
			}
			if len(entries) != len(rows) {
				t.Errorf("%d audit entries for %d rows of %s", len(entries), len(rows), one.table)
			}
		}
		digests, err := ids(tx, "SELECT digest FROM token_token WHERE state = 'active'")
		if err != nil {
			return err
		}
		for raw := range known.tokens {
			if !digests[keys.Digest(raw).String()] {
				t.Error("acknowledged and lost: a token")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rep, err := (&audit.Log{DB: db}).Verify(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := rep.Err(); err != nil {
		t.Error(err)
	}
	return rep
}

func ids(tx *store.Tx, query string) (map[string]bool, error) {
	var rows []string
	if err := tx.NewRaw(query).Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	out := make(map[string]bool, len(rows))
	for _, id := range rows {
		out[id] = true
	}
	return out, nil
}
