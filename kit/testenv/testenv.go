// Package testenv says what tests may do without: on somebody's own machine a
// tool may be missing, and what needs it is skipped; CI (CI=true) skips nothing.
// No other code skips a test.
package testenv

import (
	"os"
	"os/exec"
	"testing"
)

// CI says whether a test must not be skipped. GitHub, GitLab and most others set
// the variable.
func CI() bool { return os.Getenv("CI") == "true" }

// Lacks ends a test for want of something that is not part of this module: it
// is skipped, or fails in CI. The words say what is missing and how to get it.
func Lacks(t testing.TB, format string, args ...any) {
	t.Helper()
	if CI() {
		t.Fatalf("CI skips nothing: "+format, args...)
	} else {
		t.Skipf(format, args...)
	}
}

// Tool gives the path of the first of the programs that is here. Debian keeps
// servers in /usr/sbin, which is not in everybody's PATH.
func Tool(t testing.TB, names ...string) string {
	t.Helper()
	if path := Find(names...); path != "" {
		return path
	}
	Lacks(t, "%s is not on this machine; make test installs it where it may", names[0])
	return ""
}

// Find is Tool that gives "" where there is none.
func Find(names ...string) string {
	for _, name := range names {
		for _, where := range []string{name, "/usr/sbin/" + name} {
			if path, err := exec.LookPath(where); err == nil {
				return path
			}
		}
	}
	return ""
}
