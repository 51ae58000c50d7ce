package demo_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/server/demo"
)

// An integration that is nothing but a package is told of changes in its own words.
func TestTheBoardHasNotes(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan demo.Guide, 1), make(chan error, 1)
	go func() {
		done <- demo.Run(ctx, demo.Options{Dir: t.TempDir(), Free: true, Ready: func(g demo.Guide) { ready <- g }})
	}()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	guide := <-ready
	until := func(hangs func(board string) bool) {
		t.Helper()
		limit, tick := time.After(time.Minute), time.NewTicker(50*time.Millisecond)
		defer tick.Stop()
		for {
			got := ""
			if res, err := http.Get(guide.Bot + "/board"); err == nil {
				raw, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if err != nil {
					t.Fatal(err)
				}
				got = string(raw)
			}
			if hangs(got) {
				return
			}
			select {
			case <-limit:
				t.Fatalf("not on the board: %s", got)
			case <-tick.C:
			}
		}
	}
	// It was turned on in two environments at the very beginning, production is one.
	until(func(board string) bool {
		return strings.Count(board, "Deploybot User turned on the flag One-page checkout") == 2 && strings.Contains(board, "Web shop / Production")
	})

	// The button of the board is a trigger: it turns the flag off, and of that there
	// is a note again.
	res, err := http.Post(guide.Bot+"/board/stop", "application/x-www-form-urlencoded", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	until(func(board string) bool { return strings.Contains(board, "turned off the flag One-page checkout") })

	// What the product notices by itself is a note as well.
	if res, err = http.Post(guide.Bot+"/alarm", "application/x-www-form-urlencoded", nil); err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	until(func(board string) bool {
		return strings.Contains(board, "Pennant rings the alarm of One-page checkout")
	})
}
