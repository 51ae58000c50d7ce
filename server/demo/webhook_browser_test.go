package demo_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/edge/page/pagetest"
)

// An endpoint of the demo fails: one watches the circuit open and the queue grow,
// the notices come, it recovers, the queue drains, an hour is sent again. All of
// it is done in the browser.
func TestAnEndpointFailsAndRecoversInTheBrowser(t *testing.T) {
	t.Parallel()
	var later atomic.Int64 // by how much the house's clock is ahead
	v := &tour{Browser: pagetest.Open(t), t: t, guide: startAt(t, func() time.Time { return time.Now().Add(time.Duration(later.Load())) })}
	bot := &tour{Browser: pagetest.Open(t), t: t, guide: v.guide} // a second window
	v.signIn("developer")
	v.link("Deploybot")
	v.link("Webhooks")
	v.says("deploybot.acme.example/events", "On")
	v.look("webhooks")
	v.link("http://deploybot.acme.example/events")
	endpoint := v.URL()

	bot.desk("Let it fail", "Out of order")
	bot.look("desk-broken")
	bot.desk("Let 40 things happen", "Out of order")
	v.Goto(endpoint)
	v.until("Circuit open", 30*time.Second)
	v.says("does not answer", "kept until it answers")
	v.Quiet()
	before := v.waiting()
	if before < 20 {
		t.Errorf("only %d wait", before)
	}
	v.look("webhook-open")

	// The queue grows while one looks: the page is not loaded again.
	bot.desk("Let 40 things happen", "Out of order")
	v.watch("the queue grows", func(n int) bool { return n >= before+40 })
	v.Goto(v.guide.Console + "/inbox")
	v.until("A webhook endpoint does not answer", 20*time.Second)

	// Days pass without anybody mending it.
	later.Store(int64(61 * time.Hour))
	v.signIn("platform operator")
	v.Goto(v.guide.Console + "/operator/mail")
	v.until("50 % of the time after which it is disabled", time.Minute)
	v.signOut()
	v.signIn("developer")
	v.Goto(v.guide.Console + "/inbox")
	v.says("50 % of the time after which it is disabled")

	v.Goto(endpoint)
	bot.desk("Let it work again", "Works")
	v.link("Try now")
	v.watch("the queue drains", func(n int) bool { return n == 0 })
	v.Goto(endpoint)
	v.says("On", "nothing waits")
	v.Goto(v.guide.Console + "/inbox")
	v.until("A webhook endpoint is back", 20*time.Second)

	// What came in the last hour is sent again.
	bot.desk("Let 40 things happen", "Works")
	v.Goto(endpoint)
	v.until("Delivered", 20*time.Second)
	v.watch("they arrive", func(n int) bool { return n == 0 })
	v.Goto(endpoint + "/replay")
	v.choose("#f-state", "delivered")
	v.look("webhook-replay")
	v.submit("#f-state")
	if said := regexp.MustCompile(`(\d+) deliveries are sent again`).FindStringSubmatch(v.Text("body")); said == nil || number(said[1]) < 40 {
		t.Errorf("the page says %q", said)
	}
	v.until("All have arrived.", 30*time.Second)
	v.link("Search its deliveries")
	v.says("flag.updated", "Delivered", "204 No Content")
	v.look("webhook-log")
}

func number(text string) int {
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	if err != nil {
		return -1
	}
	return n
}

// desk presses a button on the page of the integration's own server.
func (v *tour) desk(button, then string) {
	v.t.Helper()
	v.Goto(v.guide.Bot)
	v.link(button)
	v.says(then)
}

// waiting is the figure that the page of an endpoint shows.
func (v *tour) waiting() int {
	return number(pagetest.Eval[string](v.Browser, `Array.from(document.querySelectorAll("#now .stat")).find((e) => e.innerText.startsWith("Waiting"))?.querySelector(".stat-value")?.innerText.trim() || "-"`))
}

// watch looks at the open page until its queue is as it should be. It loads
// nothing: the page does that itself.
func (v *tour) watch(what string, is func(int) bool) {
	v.t.Helper()
	deadline, tick := time.After(time.Minute), time.NewTicker(200*time.Millisecond)
	defer tick.Stop()
	for !is(v.waiting()) {
		select {
		case <-deadline:
			v.t.Fatal(fmt.Sprint(what, ": still not\n", v.Text("#content")))
		case <-tick.C:
		}
	}
}
