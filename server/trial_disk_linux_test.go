package server_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/guestright/guestright/kit/testenv"
)

// F-05: the disk is full, then freed. What was acknowledged stays, what cannot
// be written is answered with 503, calls go on, and no restart is needed.
func TestTrialF05_DiskFull(t *testing.T) {
	r := newRig(t, product(t), wide)
	disk := filepath.Join(r.dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=32m"); err != nil {
		testenv.Lacks(t, "a small disk (tmpfs) can't be mounted: %v; run this as root, in a container with --cap-add SYS_ADMIN", err)
	}
	n := r.node(filepath.Join(disk, "guestright.db"))
	t.Cleanup(func() {
		n.kill()
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(disk, "ballast")
	refused := starve(t, n, filepath.Join(disk, "guestright.db"), func() {
		f, err := os.Create(ballast)
		if err != nil {
			t.Fatal(err)
		}
		block := make([]byte, 4096)
		for err == nil {
			_, err = f.Write(block)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		_ = f.Close()
	}, func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	})
	report(t, "Disk full", fmt.Sprintf("SQLite on a disk of 32 MB that is filled to the last byte under load and then freed, %d times: %d changes were refused, all with 503; calls with known tokens went on; "+
		"a revocation was refused and the token worked on until it was repeated; nothing acknowledged was lost, the integrity check is clean, and the process was not restarted.", count(2, 10), refused))
}

// F-03: the kernel refuses writes for a while (EFBIG past a limit on the size of
// files), which SQLite reports as an input/output error.
func TestTrialF03_WritesRefused(t *testing.T) {
	r := newRig(t, product(t), wide)
	database := filepath.Join(r.dir, "guestright.db")
	n := r.node(database)
	limit := func(most uint64) {
		if err := fileLimit(n.cmd.Process.Pid, most); err != nil {
			t.Fatal(err)
		}
	}
	refused := starve(t, n, database, func() { limit(1) }, func() { limit(^uint64(0)) })
	report(t, "Writes refused", fmt.Sprintf("SQLite while the kernel refuses every write of the process for a while, %d times under load: %d changes were refused, all with 503; otherwise as above.", count(2, 10), refused))
}

// fileLimit sets the soft limit on the size of files of a running process.
func fileLimit(pid int, most uint64) error {
	const rlimitFsize = 1
	now := syscall.Rlimit{Cur: most, Max: ^uint64(0)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), rlimitFsize, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// starve runs load, takes the store away and gives it back, and checks what was
// promised meanwhile. It returns how many changes were refused.
func starve(t *testing.T, n *node, database string, take, give func()) int64 {
	t.Helper()
	app := n.open()
	p := people(t, app, 8)
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	n.start()
	i := newInstalled(t, n, app, p)
	known := &acknowledged{applications: map[string]bool{}, keys: map[string]bool{}, installations: map[string]bool{}, tokens: map[string]bool{}}
	var refused atomic.Int64
	unrevoked := 0
	for round := range count(2, 10) {
		raw, id := i.token(t)
		stop := make(chan struct{})
		var workers sync.WaitGroup
		for w := range 4 {
			workers.Go(func() {
				for turn := 0; ; turn++ {
					select {
					case <-stop:
						return
					default:
					}
					m, err := n.register(p.cookie, p.group.ID.String(), fmt.Sprintf("App %d %d %d", round, w, turn))
					switch {
					case err != nil:
						t.Errorf("no answer: %v", err)
						return
					case m.ok():
						known.add(known.applications, m.ID)
					case m.Status == 503:
						refused.Add(1)
					default:
						t.Errorf("refused with %d %s", m.Status, m.Code)
						return
					}
				}
			})
		}
		registered := func() int {
			known.mu.Lock()
			defer known.mu.Unlock()
			return len(known.applications)
		}
		at := registered()
		eventually(t, 20*time.Second, func() bool { return registered() > at+50 })
		take()
		was := refused.Load()
		if !eventually(t, 20*time.Second, func() bool { return refused.Load() > was+20 || t.Failed() }) {
			t.Errorf("nothing is refused although nothing can be written")
		}
		// What is full may still have room for little: the log of SQLite is written
		// anew from its beginning now and then. Whatever is said must be true.
		m, err := i.revoke(id)
		switch {
		case err == nil && m.Status == 503:
			unrevoked++
			if status, code, err := n.call(raw, "acc-0"); err != nil || status != 200 {
				t.Errorf("a call with a token whose revocation was refused: %d %s %v", status, code, err)
			}
		case err != nil || !m.ok() || !i.refused(t, raw):
			t.Errorf("a revocation meanwhile: %d %s %v", m.Status, m.Code, err)
		}
		if _, status, err := n.token(i.key, ""); err != nil || status != 503 && status != 200 {
			t.Errorf("a token request meanwhile: %d %v", status, err)
		}
		give()
		at = registered()
		if !eventually(t, 20*time.Second, func() bool { return registered() > at+20 || t.Failed() }) {
			t.Errorf("nothing can be registered although there is room again")
		}
		close(stop)
		workers.Wait()
		i.revokedInTheEnd(t, raw, id)
		if t.Failed() {
			lines := strings.Split(n.out.String(), "\n")
			t.Fatalf("the node said:\n%s", strings.Join(lines[max(0, len(lines)-12):], "\n"))
		}
	}
	if unrevoked == 0 {
		t.Error("every revocation found room, so refusing one was not tried")
	}
	if code := n.stop(); code != 0 {
		t.Errorf("the node ended with %d", code)
	}
	kept(t, database, app.Keys, known)
	return refused.Load()
}
