package demo_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/server/demo"
)

// start runs a demo until the test ends.
func start(t *testing.T) demo.Guide {
	t.Helper()
	return startAt(t, nil)
}

// startAt runs a demo by another clock.
func startAt(t *testing.T, now func() time.Time) demo.Guide {
	t.Helper()
	return run(t, demo.Options{Now: now})
}

// run runs a demo in a folder and at ports of its own.
func run(t *testing.T, o demo.Options) demo.Guide {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan demo.Guide, 1), make(chan error, 1)
	go func() {
		o.Dir, o.Free, o.Ready = t.TempDir(), true, func(g demo.Guide) { ready <- g }
		done <- demo.Run(ctx, o)
	}()
	select {
	case g := <-ready:
		t.Cleanup(func() {
			stop()
			if err := <-done; err != nil {
				t.Errorf("demo: %v", err)
			}
		})
		return g
	case err := <-done:
		stop()
		t.Fatal(err)
		return demo.Guide{}
	}
}

// The tour of the README with curl, as it is shipped.
func TestTourWithCurl(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "jq"} {
		testenv.Tool(t, tool)
	}
	g := start(t)
	cmd := exec.CommandContext(t.Context(), "bash", "../../example/tour.sh")
	cmd.Env = append(os.Environ(), "CONSOLE="+g.Console, "GATEWAY="+g.Gateway)
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("The tour is complete.")) {
		t.Errorf("%v\n%s", err, out)
	}
}
