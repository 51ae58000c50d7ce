package server_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/testenv"
)

// postgres is a server of one test, which may end at any moment. It keeps its
// promises: fsync is on.
type postgres struct {
	t         *testing.T
	dir, port string
	ctl       string
	as        *syscall.Credential
}

// newPostgres starts one on a free loopback port.
func newPostgres(t *testing.T) *postgres {
	t.Helper()
	storetest.NeedPostgres(t)
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if err != nil || len(found) == 0 {
		testenv.Lacks(t, "a PostgreSQL that a test may stop is not on this machine; Debian's package postgresql has it")
	}
	p := &postgres{t: t, ctl: found[len(found)-1]}
	if p.dir, err = os.MkdirTemp("/tmp", "guestright-pg."); err != nil { // its socket's path must be short
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(p.dir) })
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			testenv.Lacks(t, "there is no user postgres: %v", err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		p.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(p.dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	_, p.port, err = net.SplitHostPort(testenv.Addresses(t, 1)[0])
	if err != nil {
		t.Fatal(err)
	}
	p.run(filepath.Join(filepath.Dir(p.ctl), "initdb"), "-D", p.dir+"/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
	p.start()
	t.Cleanup(p.stop)
	return p
}

func (p *postgres) run(name string, args ...string) {
	p.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.SysProcAttr = p.dir, &syscall.SysProcAttr{Credential: p.as}
	said, err := os.Create(p.dir + "/said") // a pipe would stay open as long as the server
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = said.Close() }()
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Run(); err != nil {
		out, _ := os.ReadFile(said.Name())
		log, _ := os.ReadFile(p.dir + "/log")
		p.t.Fatalf("%s: %v\n%s%s", filepath.Base(name), err, out, log)
	}
}

// start waits until it takes connections.
func (p *postgres) start() {
	p.t.Helper()
	p.run(p.ctl, "-D", p.dir+"/data", "-w", "-l", p.dir+"/log", "-o", fmt.Sprintf("-p %s -k %s -c listen_addresses=127.0.0.1", p.port, p.dir), "start")
}

// stop ends it as a power cut would: what was not flushed is gone, and it
// recovers when it is started again.
func (p *postgres) stop() {
	p.t.Helper()
	p.run(p.ctl, "-D", p.dir+"/data", "-w", "-m", "immediate", "stop")
}

func (p *postgres) url() string { return "postgres://postgres@127.0.0.1:" + p.port + "/postgres" }

// Must show 2: PostgreSQL itself crashes and recovers under load, again and
// again: no acknowledged event is lost, and since nobody of ours died, nothing
// is delivered twice.
func TestTrialEventsWhilePostgresRestarts(t *testing.T) {
	pg := newPostgres(t)
	db, err := store.Open(store.Config{URL: pg.url()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Migrate(t.Context())
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	stops, total := count(1, 20), count(150, 10_000)
	s := newSink(t)
	r := newRig(t, product(t), wide)
	f := newFlow(t, r.node(pg.url()), s, total)
	f.begin()
	for k := range stops {
		at := int64(k*total/stops + total/stops/3)
		if !eventually(t, time.Minute, func() bool { return f.acked.Load() >= at }) {
			t.Fatalf("%d acknowledged, waiting for %d:\n%s", f.acked.Load(), at, f.n.out)
		}
		was := f.refused.Load()
		pg.stop()
		if !eventually(t, time.Minute, func() bool { return f.refused.Load() > was }) {
			t.Error("nothing is refused without a database")
		}
		pg.start()
	}
	f.ends(pg.url())
	if code := f.n.stop(); code != 0 {
		t.Errorf("the node ended with %d", code)
	}
	report(t, "Events: PostgreSQL restarts", fmt.Sprintf("%d events of 1 KB published by 8 clients while their PostgreSQL server is stopped at once (`pg_ctl -m immediate`, fsync on) and started again %d times.", total, stops), "",
		fmt.Sprintf("All %d came and are recorded as delivered; %d publications were refused with 503 and repeated with the same id; no request came twice.", total, f.refused.Load()))
}
