package server_test

import (
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/announcement"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/programme"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/sandbox"
	"github.com/guestright/guestright/suspension"
)

// A35: each change of state of the programme leaves exactly one audit entry, which
// those see whom it concerns, and nobody else; an export gives the same.
func TestA35_EachChangeIsSeenOnceByThoseItConcerns(t *testing.T) {
	t.Parallel()
	s := newStopped(t)
	ctx := t.Context()
	eve, _ := s.Developer("eve@other.example")
	team := s.team.ID.String()
	installed, err := s.Integrations.ListApplication(ctx, s.dev, s.app.ID)
	s.must(err)
	at := func(i int) integration.ID {
		for _, one := range installed {
			if one.Account == s.accounts[i].ID.String() {
				return one.ID
			}
		}
		t.Fatal("it is not installed")
		return integration.ID{}
	}
	var draft release.Version
	var stop suspension.Suspension
	type watcher struct {
		name string
		by   access.Principal
	}
	dev, first, second, own, operator, stranger := watcher{"the developer", s.dev}, watcher{"harbour's administrator", s.admins[0]}, watcher{"lakeside's administrator", s.admins[1]},
		watcher{"the sandbox's administrator", s.admins[2]}, watcher{"the operator", s.operator}, watcher{"a stranger", eve}
	count := func(w watcher, action string) int {
		log, err := s.Audit.List(ctx, w.by, audit.Filter{Action: action, Limit: 500}, 0)
		s.must(err)
		var file bytes.Buffer
		s.must(s.Audit.Export(ctx, w.by, audit.Filter{Action: action}, &file, audit.CSV))
		rows, err := csv.NewReader(&file).ReadAll()
		s.must(err)
		if len(rows)-1 != len(log.Entries) {
			t.Errorf("%s, %s: the export has %d entries, the list %d", w.name, action, len(rows)-1, len(log.Entries))
		}
		return len(log.Entries)
	}
	for _, c := range []struct {
		action string
		do     func() error
		seen   []watcher // besides the operator
	}{
		{"group.update", func() error { _, err := s.Groups.Rename(ctx, s.dev, s.team.ID, "Deploybot Labs"); return err }, []watcher{dev}},
		{"application.update", func() error {
			_, err := s.Applications.Edit(ctx, s.dev, s.app.ID, application.Draft{Name: "Deploybot", Description: "Turns flags on."})
			return err
		}, []watcher{dev}},
		{"version.create", func() (err error) {
			draft, err = s.Releases.Draft(ctx, s.dev, s.app.ID, release.Content{Number: "1.0.1", Notes: "Repairs.", Required: []release.Request{{Scope: "flags.read", Purpose: "To do its work."}}})
			return err
		}, []watcher{dev}},
		{"version.publish", func() error { _, err := s.Releases.Publish(ctx, s.dev, draft.ID); return err }, []watcher{dev}},
		{"installation.withhold", func() error { _, err := s.Integrations.Withhold(ctx, s.dev, at(0), "Repairs."); return err }, []watcher{dev, first}},
		{"installation.block", func() error { _, err := s.Integrations.Block(ctx, s.operator, at(1), "Complaints."); return err }, []watcher{dev, second}},
		{"sandbox.trigger", func() error {
			_, err := s.Sandboxes.Trigger(ctx, s.dev, s.accounts[2].ID, sandbox.Draft{Type: "flag.turned_on"})
			return err
		}, []watcher{dev, own}},
		{"production.request", func() error {
			_, err := s.Programme.Submit(ctx, s.dev, team, programme.Ask{Purpose: "Flags after deploys.", Operations: "listFlags", Sites: 10, Calls: 1000, Contact: "dev@deploybot.example"})
			return err
		}, []watcher{dev}},
		{"announcement.publish", func() error {
			_, err := s.Announcements.Publish(ctx, s.operator, announcement.Draft{Title: "Maintenance", Text: "On Sunday.", Audience: announcement.Audience{All: true}})
			return err
		}, nil},
		{"suspension.begin", func() error {
			stop = s.begin(suspension.Target{Kind: suspension.KindApplication, ID: s.app.ID.String()})
			return nil
		}, []watcher{dev}},
		{"suspension.lift", func() error { _, err := s.Suspensions.Lift(ctx, s.operator, stop.ID); return err }, []watcher{dev}},
	} {
		all := []watcher{dev, first, second, own, operator, stranger}
		before := map[string]int{}
		for _, w := range all {
			before[w.name] = count(w, c.action)
		}
		if err := c.do(); err != nil {
			t.Errorf("%s: %v", c.action, err)
			continue
		}
		for _, w := range all {
			want := 0
			for _, who := range append(c.seen, operator) {
				if who.name == w.name {
					want = 1
				}
			}
			if got := count(w, c.action) - before[w.name]; got != want {
				t.Errorf("%s: %s sees %d entries, want %d", c.action, w.name, got, want)
			}
		}
	}
}
