package webhook

import (
	"net/http"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/secret"
)

var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// W-01: 500 for ever. The ladder is followed within its jitter, over more than
// 72 hours, and then the delivery is exhausted and can be replayed.
func TestW01_TheLadderIsFollowed(t *testing.T) {
	t.Parallel()
	want := []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
	d, now := Delivery{State: Waiting}, monday
	for i, step := range want {
		d.attempted(now, outcome{status: 500})
		pause := d.Due.Sub(now)
		if d.State != Waiting || pause < step*8/10 || pause > step*12/10 {
			t.Fatalf("after attempt %d: %s, %s instead of %s", i+1, d.State, pause, step)
		}
		now = d.Due
	}
	if total := now.Sub(monday); total < 67*time.Hour || len(want)+1 < 10 {
		t.Errorf("attempts span %s", total)
	}
	d.attempted(now, outcome{status: 500})
	if d.State != Exhausted || !d.Due.IsZero() || d.Attempts != 10 {
		t.Errorf("%+v", d)
	}
	d.again(now)
	if d.State != Waiting || !d.Due.Equal(now) || d.step != 0 {
		t.Errorf("replay: %+v", d)
	}
}

func TestWhatIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o    outcome
		want State
	}{
		{outcome{status: 200}, Delivered}, {outcome{status: 202}, Delivered}, {outcome{status: 299}, Delivered},
		{outcome{status: 301}, Waiting}, {outcome{status: 307}, Waiting}, {outcome{status: 400}, Waiting}, {outcome{status: 404}, Waiting}, {outcome{status: 408}, Waiting},
		{outcome{status: 425}, Waiting}, {outcome{status: 429}, Waiting}, {outcome{status: 500}, Waiting}, {outcome{status: 599}, Waiting},
		{outcome{failure: "timeout"}, Waiting}, {outcome{failure: "connection"}, Waiting}, {outcome{status: 410}, Exhausted},
	} {
		d := Delivery{State: Waiting}
		d.attempted(monday, c.o)
		if d.State != c.want || d.Attempts != 1 {
			t.Errorf("%+v: %s", c.o, d.State)
		}
	}
	d := Delivery{State: Waiting, step: 3}
	d.attempted(monday, outcome{status: 500, probe: true})
	if d.step != 3 || d.State != Waiting || !d.Due.Equal(monday) {
		t.Errorf("a probe does not count: %+v", d)
	}
}

// W-03: Retry-After is honoured.
func TestW03_RetryAfter(t *testing.T) {
	t.Parallel()
	d := Delivery{State: Waiting}
	d.attempted(monday, outcome{status: 429, after: "3600"})
	if d.Due.Sub(monday) != time.Hour {
		t.Errorf("honoured: %s", d.Due)
	}
	d = Delivery{State: Waiting, step: 8}
	d.attempted(monday, outcome{status: 503, after: "1"})
	if d.Due.Sub(monday) < 20*time.Hour {
		t.Errorf("a receiver cannot hurry us: %s", d.Due)
	}
}

func TestTheCircuit(t *testing.T) {
	t.Parallel()
	var c Circuit
	now := monday
	for i := range openAfter - 1 {
		if v := c.attempted(now, false); v.opened || c.State != Closed {
			t.Fatalf("failure %d: %+v", i, c)
		}
	}
	if v := c.attempted(now, false); !v.opened || c.State != Open {
		t.Fatalf("%+v", c)
	}
	if ok, _ := c.admits(now.Add(probeFirst - time.Second)); ok {
		t.Error("open: nothing goes out")
	}
	pauses := []time.Duration{}
	for range 8 {
		now = c.Probe
		if ok, probe := c.admits(now); !ok || !probe || c.State != HalfOpen {
			t.Fatalf("a probe is due: %+v", c)
		}
		if ok, _ := c.admits(now); ok {
			t.Error("half open: one probe only")
		}
		c.attempted(now, false)
		pauses = append(pauses, c.Probe.Sub(now))
	}
	if pauses[0] != time.Minute || pauses[7] != probeLast {
		t.Errorf("pauses grow to their bound: %v", pauses)
	}
	now = c.Probe
	c.admits(now)
	if v := c.attempted(now, true); !v.closed || c.State != Closed || c.Failures != 0 {
		t.Errorf("%+v", c)
	}

	c = Circuit{}
	for i := range openLeast {
		c.attempted(monday.Add(time.Duration(i)*20*time.Second), false)
	}
	if c.State != Open {
		t.Errorf("nothing but failures for more than a minute: %+v", c)
	}
}

// H38: the owners hear at 50, 70, 90 and 100 % of five days, then it ends.
func TestH38_PatienceEnds(t *testing.T) {
	t.Parallel()
	c := Circuit{}
	var told []int
	for h := 0; h <= 121; h++ {
		now := monday.Add(time.Duration(h) * time.Hour)
		c.admits(now)
		v := c.attempted(now, false)
		if v.level > 0 {
			told = append(told, v.level)
		}
		if v.disable != (h >= 120) {
			t.Errorf("after %d h: %+v", h, v)
		}
	}
	if len(told) != 4 || told[0] != 50 || told[3] != 100 {
		t.Errorf("told at %v", told)
	}
	c = Circuit{}
	c.attempted(monday, false)
	if v := c.attempted(monday.Add(30*24*time.Hour), false); v.disable {
		t.Error("two failures in a month disable nothing")
	}
}

// The signature is what the Standard Webhooks library for Go verifies, with the
// old and with the new secret while both sign.
func TestH34_SignaturesVerifyAndReplaysDoNot(t *testing.T) {
	t.Parallel()
	old, fresh := hook.NewSecret(), hook.NewSecret()
	var keys [][]byte
	for _, s := range []secret.Text{fresh, old} {
		k, err := hook.Key(s)
		if err != nil || len(k) < 24 || len(k) > 64 {
			t.Fatalf("%d bytes, %v", len(k), err)
		}
		keys = append(keys, k)
	}
	body := []byte(`{"data":"é \u2028 12345678901234567890"}`)
	h := http.Header{}
	message{id: "evt_1", at: time.Now(), body: body}.sign(h, keys, nil)
	for _, s := range []secret.Text{old, fresh} {
		w, err := standard.NewWebhook(s.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Verify(body, h); err != nil {
			t.Error(err)
		}
		if err := w.Verify(append(body, ' '), h); err == nil {
			t.Error("another body verifies")
		}
	}
	if n := len(strings.Fields(h.Get("Webhook-Signature"))); n != 2 {
		t.Errorf("%d signatures", n)
	}
	other, _ := standard.NewWebhook(hook.NewSecret().Reveal())
	if other.Verify(body, h) == nil {
		t.Error("another secret verifies")
	}
	// H34: a replay outside the tolerance is refused by the receiver.
	stale := http.Header{}
	message{id: "evt_1", at: time.Now().Add(-time.Hour), body: body}.sign(stale, keys, nil)
	w, _ := standard.NewWebhook(fresh.Reveal())
	if w.Verify(body, stale) == nil {
		t.Error("an old timestamp verifies")
	}
}

func TestRotationKeepsTheOldForAWhile(t *testing.T) {
	t.Parallel()
	e := Endpoint{Secrets: []Signing{{Hint: "1"}}}
	for i := range secretsMost - 1 {
		if err := e.rotate(Signing{Hint: "n"}, monday, time.Hour); err != nil || len(e.Secrets) != i+2 {
			t.Fatalf("%d: %v, %+v", i, err, e.Secrets)
		}
	}
	if err := e.rotate(Signing{}, monday, time.Hour); err == nil {
		t.Error("six secrets")
	}
	if got := e.live(monday.Add(time.Hour)); len(got) != 1 || !got[0].Ends.IsZero() {
		t.Errorf("after the overlap: %+v", got)
	}
	if err := e.rotate(Signing{Hint: "x"}, monday.Add(2*time.Hour), 0); err != nil || len(e.Secrets) != 1 || e.Secrets[0].Hint != "x" {
		t.Errorf("at once: %v %+v", err, e.Secrets)
	}
}

func TestTheLedgerSettlesInOrder(t *testing.T) {
	t.Parallel()
	var l ledger
	l.begin(10)
	l.opened(11, 2)
	l.opened(12, 0)
	l.opened(15, 1) // 13 and 14 are gone
	if l.through() != 10 {
		t.Error(l.through())
	}
	l.settled(15)
	l.settled(11)
	if l.through() != 10 {
		t.Error("11 still waits for a receiver")
	}
	l.settled(11)
	l.settled(11)
	if l.through() != 15 {
		t.Error(l.through())
	}
	l.opened(16, 0)
	if l.through() != 16 {
		t.Error("nobody wants it: settled at once")
	}
}

func TestAnswersAreRedacted(t *testing.T) {
	t.Parallel()
	token := secret.Generate(secret.AccessToken).Reveal()
	for in, want := range map[string]string{
		"ok": "ok", "got " + token + ", thanks": "got [secret], thanks", "whsec_abc+/= and gr": "[secret] and gr", "a\x00b\xff": "ab\uFFFD",
		strings.Repeat("gr", 40): strings.Repeat("gr", 40),
	} {
		if got := redacted([]byte(in)); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
