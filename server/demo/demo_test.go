package demo_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/server/demo"
)

// The demo comes up on an empty folder and again on the same one.
func TestDemoStartsTwiceOnOneFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 2 {
		ctx, stop := context.WithCancel(t.Context())
		ready := make(chan demo.Guide, 1)
		done := make(chan error, 1)
		var out bytes.Buffer
		go func() {
			done <- demo.Run(ctx, demo.Options{Dir: dir, Free: true, Out: &out, Ready: func(g demo.Guide) { ready <- g }})
		}()
		select {
		case g := <-ready:
			for _, url := range []string{g.Watch + "/readyz", g.Console + "/.well-known/guestright-keys.json"} {
				res, err := http.Get(url)
				if err != nil {
					t.Fatal(err)
				}
				_ = res.Body.Close()
				if res.StatusCode != http.StatusOK {
					t.Errorf("%s: %d", url, res.StatusCode)
				}
			}
			if len(g.People) != 4 || g.Example.ApplicationID == "" {
				t.Errorf("guide %+v", g)
			}
		case err := <-done:
			t.Fatal(err)
		}
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "account administrator") {
			t.Errorf("printed %q", out.String())
		}
	}
}
