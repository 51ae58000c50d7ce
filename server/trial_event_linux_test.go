package server_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/testenv"
)

// inject lets the kernel refuse system calls of a running process, as what says
// (https://man7.org/linux/man-pages/man1/strace.1.html, "Tampering"). seen counts
// the refused ones; calling end lets all go through again.
func inject(t *testing.T, pid int, calls, what string) (seen func() int, end func()) {
	t.Helper()
	strace := testenv.Tool(t, "strace")
	log := filepath.Join(t.TempDir(), "strace")
	cmd := exec.Command(strace, "-f", "-qq", "-o", log, "-p", strconv.Itoa(pid), "-e", "trace="+calls, "-e", "inject="+calls+":"+what)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	read := func() string {
		b, err := os.ReadFile(log)
		if err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
		return string(b)
	}
	var over atomic.Bool
	end = func() {
		if over.Swap(true) {
			return
		}
		_ = cmd.Process.Signal(os.Interrupt) // it lets go of the process
		<-done
	}
	t.Cleanup(end)
	select {
	case <-done:
		over.Store(true)
		testenv.Lacks(t, "strace may not trace a process here; run this as root, in a container with --cap-add SYS_PTRACE")
	case <-time.After(200 * time.Millisecond):
	}
	return func() int { return strings.Count(read(), "(INJECTED)") }, end
}

// F-03 for events: every third fsync fails with EIO until 200 have, and for a
// while no write finds room (ENOSPC). What was acknowledged is delivered, and
// nothing is delivered twice, since nobody died.
func TestTrialF03_EventsOnABadDisk(t *testing.T) {
	testenv.Tool(t, "strace")
	total, fsyncs := count(400, 10_000), count(20, 200)
	s := newSink(t)
	r := newRig(t, product(t), wide)
	database := filepath.Join(r.dir, "guestright.db")
	f := newFlow(t, r.node(database), s, total)
	f.begin()
	if !eventually(t, time.Minute, func() bool { return f.acked.Load() >= int64(total/10) }) {
		t.Fatalf("%d acknowledged:\n%s", f.acked.Load(), f.n.out)
	}
	seen, end := inject(t, f.n.cmd.Process.Pid, "fsync,fdatasync", fmt.Sprintf("error=EIO:when=1..%d+3", 3*fsyncs))
	refusedSyncs := 0
	if !eventually(t, 2*time.Minute, func() bool {
		refusedSyncs = seen()
		return refusedSyncs >= fsyncs || f.acked.Load() == int64(total) || t.Failed()
	}) {
		t.Errorf("%d fsyncs failed", refusedSyncs)
	}
	end()
	if refusedSyncs == 0 {
		t.Error("no fsync failed")
	}
	before := f.refused.Load()
	if f.acked.Load() < int64(total) {
		_, end = inject(t, f.n.cmd.Process.Pid, "pwrite64", "error=ENOSPC")
		if !eventually(t, time.Minute, func() bool { return f.refused.Load() > before+8 || t.Failed() }) {
			t.Error("nothing is refused although nothing can be written")
		}
		end()
	}
	full := f.refused.Load() - before
	f.ends(database)
	report(t, "Events: a bad disk", fmt.Sprintf("%d events of 1 KB published by 8 clients; every third fsync or fdatasync of the process refused with EIO by `strace`, %d in all; then every pwrite64 with ENOSPC until changes were refused; SQLite, FULL.", total, refusedSyncs), "",
		fmt.Sprintf("%d publications were refused with 503 in the first part, %d in the second, and repeated with the same id. All %d came once and are recorded as delivered; the process was not restarted.", before, full, total))
}
