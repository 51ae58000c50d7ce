package testenv_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/guestright/guestright/kit/testenv"
)

// ended is a test that notes how it ended.
type ended struct {
	testing.TB
	how string
}

func (e *ended) Helper()                           {}
func (e *ended) Skipf(format string, args ...any)  { e.how = "skipped: " + fmt.Sprintf(format, args...) }
func (e *ended) Fatalf(format string, args ...any) { e.how = "failed: " + fmt.Sprintf(format, args...) }

func TestCISkipsNothing(t *testing.T) {
	const missing = "a-program-that-nobody-has is not on this machine; make test installs it where it may"
	for ci, want := range map[string]string{"": "skipped: " + missing, "false": "skipped: " + missing, "true": "failed: CI skips nothing: " + missing} {
		t.Run("CI="+ci, func(t *testing.T) {
			t.Setenv("CI", ci)
			e := &ended{TB: t}
			if path := testenv.Tool(e, "a-program-that-nobody-has"); path != "" || e.how != want {
				t.Errorf("found %q, %s", path, e.how)
			}
		})
	}
}

func TestToolsAreFoundByAnyName(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "second")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if got := testenv.Tool(t, "first", "second"); got != path {
		t.Errorf("found %q", got)
	}
}

// Servers that tests start by a configuration find their addresses free, now
// and after a restart, and no two of them the same.
func TestAddresses(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 20 {
		for _, a := range testenv.Addresses(t, 3) {
			if seen[a] {
				t.Errorf("%s comes twice", a)
			}
			seen[a] = true
			for range 2 {
				l, err := net.Listen("tcp", a)
				if err != nil {
					t.Fatal(err)
				}
				if port := l.Addr().(*net.TCPAddr).Port; port >= 32_768 {
					t.Errorf("port %d may be taken for an outgoing connection", port)
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
