package membership_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store/storetest"
)

// long is a batch that is made while it is sent.
type long struct {
	many, next int
	rest       string
}

func (l *long) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if l.rest == "" {
			switch {
			case l.next < l.many:
				l.rest = fmt.Sprintf(`{"integration_distinct_id":"user-%08d"},`, l.next)
			case l.next == l.many:
				l.rest = `{"integration_distinct_id":"last"}],"action":"add","environmentId":"e","cohortId":"c1","cohortName":"One"}`
			default:
				return n, io.EOF
			}
			l.next++
		}
		took := copy(p[n:], l.rest)
		l.rest = l.rest[took:]
		n += took
	}
	return n, nil
}

// A million members through the door take less than 64 MB of memory besides what
// the house has, and count together; the short form has a fiftieth.
func TestTrialAMillionMembers(t *testing.T) {
	many := 20_000
	if os.Getenv("GUESTRIGHT_TRIAL") != "" {
		many = 1_000_000
	}
	h := start(t, nil, storetest.NewClock(), "hightouch")
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most := heap(), uint64(0)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+h.path, &long{many: many, rest: `{"members":[`})
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", h.token)
	done, begun := make(chan int, 1), time.Now()
	go func() {
		res, err := h.House.House.Client.Do(r)
		if err != nil {
			t.Error(err)
			done <- 0
			return
		}
		_ = res.Body.Close()
		done <- res.StatusCode
	}()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for status := -1; status < 0; {
		select {
		case status = <-done:
			if status != http.StatusNoContent {
				t.Fatalf("%d", status)
			}
		case <-tick.C:
			most = max(most, heap())
		}
	}
	c, _ := h.cohort("hightouch-c1")
	if c.Members != int64(many)+1 || c.Version != 1 {
		t.Errorf("%+v", c)
	}
	t.Logf("%d members in %v, %d KiB more", c.Members, time.Since(begun).Round(time.Millisecond), (int64(most)-int64(before))>>10)
	if most > before && most-before > 64<<20 {
		t.Errorf("memory grew by %d bytes", most-before)
	}
	if got := h.tasks(); len(got) != 1 || got[0].Whole || got[0].Joined != int64(many)+1 {
		t.Errorf("%+v", got)
	}
}
