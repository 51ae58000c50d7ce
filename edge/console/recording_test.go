package console_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/recording"
	"github.com/guestright/guestright/usage"
)

// A32 by the pages: a developer records in a sandbox, reads what that needed, and
// begins a version with it.
func TestA32_RecordingsByThePages(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	dev.again()
	at := "/applications/" + x.app.ID.String() + "/recordings"
	dev.get(at).has(t, "Nothing was recorded yet", "Your group has no sandbox account yet")
	lab, err := h.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "lab", Name: "Northwind, trying out", Kind: account.Sandbox, Group: x.group.ID.String()})
	must(t, err)
	dev.get(at).has(t, "Northwind, trying out (lab)", "Start a recording")
	dev.submit(at, at, "account", lab.ID.String(), "hours", "25").has(t, "At least 1 and at most 24 hours.")
	dev.submit(at, at, "account", x.in[0].Account, "hours", "4").has(t, "A production account can never be recorded.")
	shown := dev.submit(at, at, "account", lab.ID.String(), "hours", "4")
	shown.has(t, "Copy the token now", "Every operation passes there, and nowhere else.")
	one := regexp.MustCompile(`/recordings/rec_[0-9a-z]+`).FindString(shown.body)
	raw := regexp.MustCompile(`grat_[0-9A-Za-z_]+`).FindString(shown.body)
	if one == "" || raw == "" {
		t.Fatalf("no recording and token are shown: %s", shown.text())
	}
	dev.submit(at, at, "account", lab.ID.String(), "hours", "4").has(t, "runs in this sandbox already")
	if a := dev.get(one).has(t, "No call has passed yet", "Recording"); strings.Contains(a.body, raw) || strings.Contains(a.body, "Begin a draft") {
		t.Error("the token is shown again, or a draft of nothing is offered")
	}

	id, err := ident.Parse[recording.Recording](strings.TrimPrefix(one, "/recordings/"))
	must(t, err)
	got, err := h.Recordings.Get(t.Context(), dev.by(), id)
	must(t, err)
	k := usage.Key{Grant: got.Grant, Application: x.app.ID.String(), Account: lab.ID.String(), Group: x.group.ID.String(), Operation: "listFlags"}
	h.Usage.Recorder.Record(h.clock.Now(), k, 3)
	dev.get(one).has(t, "Scopes to ask for", "flags.read", "3 calls passed", "listFlags", "Begin a draft")
	h.sound(dev, map[string]string{"recordings": at, "recording": one})
	dev.submit(one, one+"/draft").led(t, "/versions/ver_")
	admin.get(one).has(t, "There is nothing here")
	dev.submit(one, one+"/end").led(t, one)
	dev.get(one).has(t, "Over", "Its token opens nothing any more", "Scopes to ask for")
	if got, err = h.Recordings.Get(t.Context(), dev.by(), id); err != nil || got.Running {
		t.Errorf("it still runs: %v", err)
	}
}
