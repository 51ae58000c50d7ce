package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// The pages of webhooks in a real browser: accessible in both themes, and fit for a
// phone.
func TestWebhookPagesAreSound(t *testing.T) {
	p := newPost(t)
	empty := p.hooks()
	b := p.browser(p.dev)
	b.Goto(p.URL + empty)
	b.Look("hooks-empty")
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
	for name, path := range pages {
		b.Goto(p.URL + path)
		switch name {
		case "delivery":
			b.Click("details.fold summary")
		case "body-preview":
			b.Follow(`button[name="preview"]`)
		}
		b.Look(name)
	}
	admin := p.browser(p.admin)
	for _, path := range []string{"", "/webhooks", "/webhooks/new"} {
		admin.Goto(p.URL + "/installations/" + p.x.in[0].ID.String() + path)
		admin.Sound()
		admin.Screenshot("installation-hooks" + strings.ReplaceAll(path, "/", "-"))
	}
}
