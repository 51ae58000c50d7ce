package server_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The demo answers within three seconds of its start, and Ctrl-C
// ends it cleanly.
func TestTrialDemo(t *testing.T) {
	if !long() {
		return // server/demo starts it in every run; here the time counts
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "demo")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer end.Stop()
	var ready time.Duration
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if ready == 0 && strings.Contains(lines.Text(), "http://") { // printed once every door answers
			ready = time.Since(begun)
			_ = cmd.Process.Signal(syscall.SIGINT)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("Ctrl-C: %v", err)
	}
	if ready == 0 || ready > 3*time.Second {
		t.Errorf("ready after %s", ready)
	}
	report(t, "Demo", fmt.Sprintf("`guestright demo` of the built binary, with everything seeded: ready after %d ms (3,000 ms allowed); Ctrl-C ends it with exit code 0.", ready.Milliseconds()))
}
