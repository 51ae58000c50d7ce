package trigger_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/example/pennant"
)

// From an alert to the event: the example product turns its flag off and says why,
// and what it says reaches the account's events.
func TestTheExampleProductTurnsItsFlag(t *testing.T) {
	t.Parallel()
	h := house{capabilitytest.Start(t, nil, nil)}
	h.Admin, h.Account = h.Customer(pennant.HarbourBooks, account.Production)
	key, err := h.Products.Create(t.Context(), access.Operator(h.Person("olga@example.com")), "Pennant")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pennant.New(pennant.Config{Dir: t.TempDir(), Issuer: h.URL, Audience: "pennant", JWKSURL: h.URL, HookSecret: "0123456789abcdef0123"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	feed, done := pennant.Feed{URL: h.URL, Key: key.Secret.Reveal()}, make(chan struct{}, 2)
	go func() {
		p.Publish(t.Context(), feed)
		done <- struct{}{}
	}()
	go func() {
		_ = p.Work(t.Context(), feed)
		done <- struct{}{}
	}()
	t.Cleanup(func() {
		<-done
		<-done
		_ = p.Close()
	})
	made := h.make(h.Configure(h.Published("generic-trigger"), nil), "turn_off")
	on := h.make(h.Configure(h.Published("generic-trigger"), nil), "turn_on")
	h.status(http.StatusAccepted, h.post(on.URL.Reveal(), `{"eventName":"Deployed"}`))
	h.status(http.StatusAccepted, h.post(made.URL.Reveal(), `{"eventName":"High load","value":"0.93","url":"https://alerts.example.com/1"}`))
	var said string
	h.Until("the event is there", func() bool {
		got, err := h.Events.Read(t.Context(), h.Admin, event.Query{Account: h.Account.ID.String(), Limit: 500, Types: []string{"flag.turned_off"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range got.Items {
			if e.Subject == flag {
				said = string(e.Data)
			}
		}
		return said != ""
	})
	for _, want := range []string{`"comment":"High load (0.93) https://alerts.example.com/1"`, `"trigger":"` + made.ID.String() + `"`} {
		if !strings.Contains(said, want) {
			t.Errorf("%s lacks %s", said, want)
		}
	}
	h.Until("the trigger knows", func() bool { return h.get(made).LastDone.After(made.Created) })
}
