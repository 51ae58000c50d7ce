package console_test

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/release"
)

// H26 to H28 by the pages: a version is refused with what forces its number, published
// in stages, paused, let go on, given an end and taken back; the administrator reads
// what the next one asks for in words.
func TestH26_VersionsByThePages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Releases.Published, h.Releases.RolledBack, h.Releases.Deprecated = h.Integrations.Published, h.Integrations.RolledBack, h.Integrations.Deprecated
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	dev.again()
	admin.again()
	draft := func(number, notes string) string {
		v, err := h.Releases.Draft(t.Context(), dev.by(), x.app.ID, release.Content{Number: number, Notes: notes,
			Required: append(x.live.Required[:1:1], release.Request{Scope: "projects.read", Purpose: "Groups what it shows by project."}), Optional: x.live.Optional})
		must(t, err)
		return "/versions/" + v.ID.String()
	}
	patch := draft("1.0.1", "Groups by project.")
	dev.get(patch).has(t, "What changes since 1.0.0", "It needs “", "(projects.read): Groups what it shows by project.", "must be at least 2.0.0")
	dev.submit(patch+"/publish", patch+"/publish").has(t, "must count up further")
	two := draft("2.0.0", "Groups by project.")
	dev.submit(two+"/release", two+"/release", "reach", "percent").has(t, "Between 1 and 99")
	dev.submit(two+"/release", two+"/release", "reach", "chosen", "accounts", x.in[0].Account).led(t, two)
	dev.get(two).has(t, "1 chosen account", "How far it reaches")
	at := "/installations/" + x.in[0].ID.String()
	admin.get(at+"/update").has(t, "What changes", "It needs “", "Groups what it shows by project.", "what you approved goes on working")
	if text := admin.get("/installations/" + x.in[1].ID.String()).text(); strings.Contains(text, "Version 2.0.0 is there") {
		t.Error("it reaches an account that was not chosen")
	}
	dev.submit(two+"/pause", two+"/pause", "reason", " ").has(t, "Say why")
	dev.submit(two+"/pause", two+"/pause", "reason", "Errors rise.").led(t, two)
	dev.get(two).has(t, "Paused", "Errors rise.")
	dev.submit(two, two+"/resume").led(t, two)
	dev.submit(two+"/stage", two+"/stage", "reach", "all").led(t, two)
	dev.get(two).has(t, "everybody")

	one := "/versions/" + x.live.ID.String()
	day := func(days int) string {
		return h.clock.Now().Add(time.Duration(days) * 24 * time.Hour).Format(time.DateOnly)
	}
	dev.submit(one+"/deprecate", one+"/deprecate", "day", day(3), "reason", "Take 2.0.0.").has(t, "at least 30 days")
	dev.submit(one+"/deprecate", one+"/deprecate", "day", day(40), "reason", "Take 2.0.0.").led(t, one)
	dev.get(one).has(t, "Looked after until", "Take 2.0.0.")
	admin.get("/inbox").has(t, "version 1.0.0 is looked after until")
	dev.submit(two+"/roll-back", two+"/roll-back", "reason", "Not yet.").led(t, two)
	dev.get(two).has(t, "Taken back", "Not yet.")

	mate := h.person("Ben", "ben@northwind.example")
	_, err := h.Groups.AddMember(t.Context(), dev.by(), x.group.ID, "ben@northwind.example", "member")
	must(t, err)
	mate.again()
	mate.get(one+"/roll-back").has(t, "You may not do that")
	admin.get(one+"/stage").has(t, "There is nothing here")
}

// Where the operator reviews versions, developers hand them in.
func TestH26_ReviewByThePages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Releases.Review = true
	dev := h.person("Ada", "ada@northwind.example")
	h.Releases.Review = false
	x := h.team(dev, h.person("Grace", "grace@lakeside.example"))
	h.Releases.Review = true
	dev.again()
	v, err := h.Releases.Draft(t.Context(), dev.by(), x.app.ID, release.Content{Number: "1.0.1", Notes: "Quicker.", Required: x.live.Required, Optional: x.live.Optional})
	must(t, err)
	at := "/versions/" + v.ID.String()
	dev.get(at).has(t, "Hand in for review")
	dev.submit(at+"/publish", at+"/publish").has(t, "reviews versions before customers get them")
	dev.submit(at+"/submit", at+"/submit", "reach", "all").led(t, at)
	dev.get(at).has(t, "Submitted", "Take back from review")
	dev.submit(at, at+"/withdraw").led(t, at)
	dev.get(at).has(t, "Hand in for review")
}
