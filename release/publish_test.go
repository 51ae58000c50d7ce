package release_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/release"
)

// draft begins a version with scopes, optional ones with a question mark, and
// release notes.
func (h *house) draft(number string, scopes ...string) release.Version {
	h.t.Helper()
	c := release.Content{Number: number, Notes: "New in " + number + "."}
	for _, s := range scopes {
		if name, optional := strings.CutSuffix(s, "?"); optional {
			c.Optional = append(c.Optional, release.Request{Scope: name, Purpose: "Does more with it."})
		} else {
			c.Required = append(c.Required, release.Request{Scope: s, Purpose: "Does its work with it."})
		}
	}
	v, err := h.Draft(ctx, h.ada, h.app.ID, c)
	h.code("draft "+number, err, "")
	return v
}

func (h *house) live(number string, scopes ...string) release.Version {
	h.t.Helper()
	v, err := h.Publish(ctx, h.ada, h.draft(number, scopes...).ID)
	h.code("publish "+number, err, "")
	return v
}

// Row H28: a patch with a new scope is refused, with what forces more and the least
// number; and every version but the first says what is new.
func TestH28_APatchWithANewScopeIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		first := h.live("1.0.0", "flags.read")
		_, err := h.Diff(ctx, h.ada, first.ID, release.ID{})
		h.code("the first is compared", err, "version_first")

		next := h.draft("1.0.1", "flags.read", "flags.write")
		_, err = h.Publish(ctx, h.ada, next.ID)
		h.code("a patch with a new scope", err, "version_bump")
		p := problem.Of(err)
		if p.Kind != problem.KindInvalid || p.Extra["least"] != "2.0.0" || p.Fields[0].Pointer != "/number" || !strings.Contains(p.Fields[0].Detail, "flags.write") {
			t.Errorf("refused with %+v", p)
		}
		d, err := h.Diff(ctx, h.ada, next.ID, release.ID{})
		h.code("diff", err, "")
		if d.From != "1.0.0" || d.Least != "2.0.0" || !d.Waits || len(d.Items) != 1 {
			t.Errorf("the differences: %+v", d)
		}
		back, err := h.Diff(ctx, h.ada, first.ID, next.ID)
		h.code("the other way", err, "")
		if back.Items[0].Change != release.Removed {
			t.Errorf("the other way: %+v", back)
		}
		_, err = h.Diff(ctx, access.UserPrincipal("usr_s", nil, nil), next.ID, release.ID{})
		h.code("a stranger compares", err, "not_found")

		number, none, some := "2.0.0", " ", "Turns flags on."
		_, err = h.Amend(ctx, h.ada, next.ID, release.Patch{Number: &number, Notes: &none})
		h.code("amend", err, "")
		_, err = h.Publish(ctx, h.ada, next.ID)
		h.code("without release notes", err, "release_notes_required")
		_, err = h.Amend(ctx, h.ada, next.ID, release.Patch{Notes: &some})
		h.code("amend", err, "")
		_, err = h.Publish(ctx, h.ada, next.ID)
		h.code("a major one", err, "")
		// An older line goes on beside it, compared with what came before in it.
		h.live("1.1.0", "flags.read", "flags.write?")
		_, err = h.Publish(ctx, h.ada, h.draft("0.9.0", "flags.read").ID)
		h.code("a number below all", err, "version_bump")
	})
}

// Event types are those that there are, and taking one away is a major change.
func TestH28_RemovedEventTypesForceMajor(t *testing.T) {
	t.Parallel()
	h := one(t)
	c := content("1.0.0")
	c.Events = []string{"guestright.installation.created", "nothing.such", "guestright.installation.created"}
	_, err := h.Draft(ctx, h.ada, h.app.ID, c)
	h.code("unknown and twice", err, "version_invalid")
	if f := problem.Of(err).Fields; len(f) != 2 || f[0].Pointer != "/events/1" || f[1].Code != "event_twice" {
		t.Errorf("found %+v", f)
	}
	c.Events, c.Listing = c.Events[:1], release.Listing{Tagline: "Deploys."}
	v, err := h.Draft(ctx, h.ada, h.app.ID, c)
	h.code("draft", err, "")
	v, err = h.Publish(ctx, h.ada, v.ID)
	h.code("publish", err, "")
	if got, err := h.Get(ctx, h.ada, v.ID); err != nil || len(got.Events) != 1 || got.Listing.Tagline != "Deploys." {
		t.Errorf("kept: %+v %v", got, err)
	}
	_, err = h.Publish(ctx, h.ada, h.draft("1.1.0", "flags.read").ID)
	h.code("an event type is missing", err, "version_bump")
	if p := problem.Of(err); p.Extra["bump"] != "major" {
		t.Errorf("it needs %v", p.Extra)
	}
}
