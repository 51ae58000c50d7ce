package console_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/guestright/guestright/edge/page/pagetest"
)

// The pages of webhooks in a real browser: accessible in both themes, and fit for a
// phone.
func TestWebhookPagesAreSound(t *testing.T) {
	p := newPost(t)
	empty := p.hooks()
	b := p.browser(p.dev)
	b.Goto(p.URL + empty)
	b.Sound()
	for _, view := range []pagetest.View{{Dark: true}, {Width: 375, Height: 800}, {}} {
		b.Emulate(view)
		b.Goto(p.URL + empty)
		b.Fits()
		b.Screenshot(fmt.Sprintf("hooks-empty-%d-%t", view.Width, view.Dark))
	}
	first := p.make(p.dev, p.hooks(), "description", "Turns the lights of the office on", "type", "flag.*", "patterns", "segment.created\nenvironment.*\nproject.*\nguestright.installation.*")
	second := p.make(p.dev, p.hooks(), "type", "flag.turned_on")
	p.happens(12, "flag.turned_on")
	p.until("all arrive", func() bool { return p.queue(first).Waiting+p.queue(second).Waiting == 0 && p.got.Load() == 24 })
	p.status.Store(http.StatusBadGateway)
	p.happens(30, "flag.updated")
	one := "/webhooks/" + first.String()
	p.until("the circuit opens", func() bool { return strings.Contains(p.dev.get(one).body, "Circuit open") })
	p.until("it is counted", func() bool { return strings.Contains(p.dev.get(one).body, "data-chart") })
	tried := p.dev.get(p.hooks() + "/deliveries?state=delivered").body // one that waits may have no attempt to look at
	delivery := regexp.MustCompile(`/deliveries/dlv_[0-9a-z]{26}`).FindString(tried)
	subscription := regexp.MustCompile(one + `/events/whs_[0-9a-z]{26}`).FindString(p.dev.get(one).body)
	broker := "/webhooks/" + p.make(p.dev, p.hooks(), "url", "rediss://broker.example.com:6379/0?stream=orders", "username", "writer", "password", "correct-horse", "type", "segment.*").String()
	body := "/webhooks/" + p.make(p.dev, p.hooks(), "body_template", "{\"text\": \"{{type}} in {{account_key}}\"}", "type", "segment.*").String()
	pages := map[string]string{"broker": broker, "broker-edit": broker + "/edit", "body-edit": body + "/edit", "body-preview": body + "/edit", "broker-kafka": p.hooks() + "/new?to=kafka", "broker-nats": p.hooks() + "/new?to=nats", "hooks": p.hooks(), "hook-new": p.hooks() + "/new", "hook-log": p.hooks() + "/deliveries", "hook": one, "hook-edit": one + "/edit", "hook-rotate": one + "/rotate",
		"hook-delete": one + "/delete", "hook-replay": one + "/replay", "hook-events": subscription, "delivery": delivery}
	for _, view := range []pagetest.View{{}, {Dark: true}, {Width: 375, Height: 800}} {
		b.Emulate(view)
		for name, path := range pages {
			b.Goto(p.URL + path)
			switch name {
			case "delivery":
				b.Click("details.fold summary")
			case "body-preview":
				b.Click(`button[name="preview"]`)
			}
			if view.Width == 0 {
				b.Axe()
			}
			b.Fits()
			b.Quiet()
			b.Screenshot(strings.ReplaceAll(fmt.Sprintf("%s-%d-%t", name, view.Width, view.Dark), "-0-", "-1280-"))
		}
	}
	admin := p.browser(p.admin)
	for _, path := range []string{"", "/webhooks", "/webhooks/new"} {
		admin.Goto(p.URL + "/installations/" + p.x.in[0].ID.String() + path)
		admin.Sound()
		admin.Screenshot("installation-hooks" + strings.ReplaceAll(path, "/", "-"))
	}
}
