package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts start this test binary as guestright; whatever still
// runs at the end of a script is ended with it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"guestright": func() { os.Exit(run()) }})
}

// The scripts in testdata/script are the commands as a person types them.
func TestCommands(t *testing.T) {
	t.Parallel()
	pennant, err := filepath.Abs("../../example/pennant")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			ports := testenv.Addresses(t, 3)
			e.Setenv("PENNANT", pennant)
			e.Setenv("GUESTRIGHT_LISTEN", ports[0])
			e.Setenv("GUESTRIGHT_URL", "http://"+ports[0])
			e.Setenv("GUESTRIGHT_GATEWAY_LISTEN", ports[1])
			e.Setenv("GUESTRIGHT_GATEWAY_URL", "http://"+ports[1])
			e.Setenv("GUESTRIGHT_WATCH_LISTEN", ports[2])
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": await, "says": says, "mode": mode, "replace": replace},
	})
}

const patience = 30 * time.Second

// until tries f again and again, for as long as a slow machine may take.
func until(ts *testscript.TestScript, what string, f func(ctx context.Context) bool) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !f(ctx) {
		select {
		case <-ctx.Done():
			ts.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

// await waits until an address answers 200: await URL.
func await(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: await url")
	}
	until(ts, args[0]+" answers", func(ctx context.Context) bool {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil)
		ts.Check(err)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

// says waits until a file contains a text: says FILE TEXT.
func says(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: says file text")
	}
	read := func() string {
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		if err != nil {
			return ""
		}
		return string(b)
	}
	if neg {
		if strings.Contains(read(), args[1]) {
			ts.Fatalf("%s contains %q", args[0], args[1])
		}
		return
	}
	until(ts, args[0]+" contains "+args[1], func(context.Context) bool { return strings.Contains(read(), args[1]) })
}

// mode checks permissions: mode 0600 FILE.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: mode 0600 file")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%#o", info.Mode().Perm()); os.PathSeparator == '/' && got != args[0] {
		ts.Fatalf("%s has mode %s", args[1], got)
	}
}

// replace edits a file: replace OLD NEW FILE.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: replace old new file")
	}
	path := ts.MkAbs(args[2])
	b, err := os.ReadFile(path)
	ts.Check(err)
	if !strings.Contains(string(b), args[0]) {
		ts.Fatalf("%s does not contain %q", args[2], args[0])
	}
	ts.Check(os.WriteFile(path, []byte(strings.ReplaceAll(string(b), args[0], args[1])), 0o600))
}
