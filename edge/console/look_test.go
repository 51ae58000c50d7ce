package console_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page/pagetest"
)

// The developer's pages in a real browser: accessible, no sideways scroll, no complaints.
func TestDeveloperPagesAreSound(t *testing.T) {
	h := newHouse(t)
	dev := h.person("Ada Lindqvist", "ada@northwind.example")
	admin := h.person("Grace Okafor", "grace@lakeside.example")
	x := h.team(dev, admin)
	h.calls(x)
	second, err := h.Applications.CreateKey(t.Context(), dev.by(), x.app.ID, application.KeyDraft{Label: "staging"})
	must(t, err)
	_, err = h.Applications.RotateKey(t.Context(), dev.by(), second.ID, 7*24*3600e9)
	must(t, err)
	_, err = h.Integrations.Withhold(t.Context(), dev.by(), x.in[2].ID, "Invoice overdue since January; please write to billing@deploybot.example.")
	must(t, err)
	app, grp := "/applications/"+x.app.ID.String(), "/groups/"+x.group.ID.String()
	pages := map[string]string{
		"home": "/", "groups": "/groups", "group-new": "/groups/new", "group": grp, "group-usage": grp + "/usage", "members": grp + "/members",
		"group-activity": grp + "/activity", "group-settings": grp + "/settings", "group-archive": grp + "/archive", "register": grp + "/applications/new",
		"app": app, "keys": app + "/keys", "key-new": app + "/keys/new", "key-rotate": app + "/keys/" + x.key.ID.String() + "/rotate", "key-revoke": app + "/keys/" + x.key.ID.String() + "/revoke",
		"versions": app + "/versions", "version-new": app + "/versions/new", "version": "/versions/" + x.live.ID.String(), "retire": "/versions/" + x.live.ID.String() + "/retire",
		"customers": app + "/installations", "block": app + "/installations/" + x.in[0].ID.String() + "/block", "usage": app + "/usage", "usage-30d": app + "/usage?period=30d",
		"activity": app + "/activity", "settings": app + "/settings", "move": app + "/move", "delete": app + "/delete", "inbox": "/inbox", "me": "/me", "me-password": "/me/password", "me-app": "/me/app", "me-delete": "/me/delete", "confirm": "/confirm", "absent": "/nowhere",
	}
	b := h.browser(dev)
	for name, path := range pages {
		b.Goto(h.URL + path)
		if !b.Has("#content h1") {
			t.Errorf("%s has no heading", path)
		}
		b.Each(func(view pagetest.View) {
			if view.Width == 0 { // contrast depends on the theme, not on the width
				b.Axe()
			}
			b.Fits()
			if name != "absent" {
				b.Quiet()
			}
			b.Screenshot(name + "-" + view.String())
		})
	}
}

// The pages of somebody who has just arrived.
func TestPagesAtTheDoorAreSound(t *testing.T) {
	h := newHouse(t)
	fresh := h.person("Noor Haddad", "noor@startup.example")
	for who, paths := range map[*client][]string{nil: {"/sign-in", "/sign-up", "/verify?link=x", "/forgot", "/reset?link=x"}, fresh: {"/", "/groups", "/inbox", "/confirm"}} {
		b := h.browser(who)
		for _, path := range paths {
			b.Goto(h.URL + path)
			name, _, _ := strings.Cut(strings.Trim(path, "/"), "?")
			b.Look("fresh-"+name, pagetest.View{Width: 375, Height: 800, Dark: true})
		}
	}
}

// Answers to forms: a secret, findings beside the fields, a refusal.
func TestAnswersToFormsAreSound(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada Lindqvist", "ada@northwind.example"), h.person("Grace Okafor", "grace@lakeside.example")
	x := h.team(dev, admin)
	app, grp := "/applications/"+x.app.ID.String(), "/groups/"+x.group.ID.String()
	b := h.browser(dev)
	send := func(path string) {
		b.Goto(h.URL + path)
		pagetest.Eval[bool](b, `document.querySelector("main form:last-of-type").noValidate = true`)
		b.Follow("main form .btn[type=submit]")
	}
	b.Goto(h.URL + app + "/keys/new")
	b.Fill("#f-label", "staging")
	b.Follow("main form .btn[type=submit]")
	b.Wait(".secret")
	b.Look("issued")
	send(grp + "/applications/new")
	b.Wait(".error")
	b.Look("register-faults")
	send(app + "/versions/new")
	b.Look("version-faults")
	send(app + "/delete")
	b.Wait(".alert")
	b.Look("delete-refused")
	b.Goto(h.URL + "/me/app")
	b.Follow("main form .btn[type=submit]")
	b.Wait("#content [role=img] svg")
	b.Look("enrolment")
	send(app + "/installations/" + x.in[0].ID.String() + "/uninstall")
	b.Look("uninstall-faults")
}
