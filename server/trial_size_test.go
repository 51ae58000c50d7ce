package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/token"
)

// With 100,000 tokens the process is ready within a second, and
// needs less than 60 MB when nobody asks.
func TestTrialSize(t *testing.T) {
	tokens := count(2_000, 100_000)
	r := newRig(t, product(t), wide)
	database := filepath.Join(r.dir, "guestright.db")
	n := r.node(database)
	app := n.open()
	stock(t, app, tokens)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(database)
	if err != nil {
		t.Fatal(err)
	}
	var starts []time.Duration
	for range count(1, 5) {
		starts = append(starts, n.start())
		if len(starts) < count(1, 5) {
			n.stop()
		}
	}
	slowest := starts[0]
	for _, s := range starts {
		slowest = max(slowest, s)
	}
	if !long() { // here the race detector runs along, and all other tests
		t.Logf("ready after %s, %v", slowest, memory(t, n.cmd.Process.Pid))
		return
	}
	idle := time.NewTimer(10 * time.Second)
	<-idle.C
	m := memory(t, n.cmd.Process.Pid)
	if slowest > time.Second {
		t.Errorf("ready after %s", slowest)
	}
	if m["VmRSS"] >= 60_000 {
		t.Errorf("%d kB resident at idle: %v", m["VmRSS"], m)
	}
	report(t, "Start and memory", fmt.Sprintf("SQLite with %d tokens of 100 installations (%d MB), the built binary.", tokens, info.Size()>>20), "",
		"| | measured | allowed |", "|---|---|---|",
		fmt.Sprintf("| process start until `/readyz` says yes, slowest of %d | %d ms | 1,000 ms |", len(starts), slowest.Milliseconds()),
		fmt.Sprintf("| resident after 10 s idle | %.1f MB | 60 MB |", float64(m["VmRSS"])/1000),
		fmt.Sprintf("| of it anonymous memory, and pages of the program file | %.1f MB, %.1f MB | |", float64(m["RssAnon"])/1000, float64(m["RssFile"])/1000))
}

// memory reads /proc/PID/status, in kB (1,024 bytes as the kernel means it).
func memory(t testing.TB, pid int) map[string]int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		testenv.Lacks(t, "resident memory can be read on Linux only: %v", err)
	}
	out := map[string]int{}
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(line, ":")
		if f := strings.Fields(value); len(f) == 2 && f[1] == "kB" {
			kib, err := strconv.Atoi(f[0])
			if err != nil {
				t.Fatal(err)
			}
			out[name] = kib * 1024 / 1000
		}
	}
	return out
}

// stock installs ten applications in ten accounts each and gives the
// installations n tokens between them.
func stock(t testing.TB, app *server.App, n int) {
	t.Helper()
	ctx := t.Context()
	p := people(t, app, 10)
	var all []integration.Installation
	for i := range 10 {
		a, err := app.Applications.Register(ctx, p.by, p.group.ID.String(), application.Draft{Name: fmt.Sprintf("App %d", i), Description: "Stands trial."})
		if err != nil {
			t.Fatal(err)
		}
		v, err := app.Releases.Draft(ctx, p.by, a.ID, release.Content{Number: "1.0.0", Required: []release.Request{{Scope: "flags.read", Purpose: "To do its work."}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := app.Releases.Publish(ctx, p.by, v.ID); err != nil {
			t.Fatal(err)
		}
		for _, acc := range p.accounts {
			ins, err := app.Integrations.Install(ctx, p.by, acc.ID, integration.Order{ApplicationID: a.PublicID})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, ins)
		}
	}
	for done := 0; done < n; {
		err := app.DB.Write(ctx, func(tx *store.Tx) error {
			for range min(5_000, n-done) {
				g, err := app.Grants.Load(tx, all[done%len(all)].Grant)
				if err != nil {
					return err
				}
				if _, err := app.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access, Life: 24 * time.Hour}); err != nil {
					return err
				}
				done++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
