package pennant_test

import (
	"testing"

	"github.com/guestright/guestright/example/pennant"
)

// view is what a desk shows of an environment.
func view(t *testing.T, d *pennant.Desk, project, environment string) pennant.EnvironmentView {
	t.Helper()
	all, err := d.Views(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		for _, e := range v.Environments {
			if v.Project.Key == project && e.Key == environment {
				return e
			}
		}
	}
	t.Fatalf("there is no %s in %s", environment, project)
	return pennant.EnvironmentView{}
}

func flag(t *testing.T, e pennant.EnvironmentView, key string) pennant.FlagView {
	t.Helper()
	for _, f := range e.Flags {
		if f.Flag.Key == key {
			return f
		}
	}
	t.Fatalf("there is no flag %s", key)
	return pennant.FlagView{}
}

// A member switches flags at the desk; where an environment asks for an approval the
// change waits, once.
func TestDesk(t *testing.T) {
	t.Parallel()
	h := start(t)
	d := h.server.Desk(pennant.HarbourBooks, "usr-nora")
	before := flag(t, view(t, d, "web-shop", "production"), "gift-wrapping")
	for range 2 { // the second time nothing happens
		if waits, err := d.Switch(t.Context(), "web-shop", "production", "gift-wrapping", !before.State.On); err != nil || waits {
			t.Fatalf("%v %v", waits, err)
		}
	}
	after := flag(t, view(t, d, "web-shop", "production"), "gift-wrapping")
	if after.State.On == before.State.On || after.State.Version != before.State.Version+1 || after.Flag.Name != "Gift wrapping" || after.Waiting != nil {
		t.Errorf("%+v", after)
	}

	if err := d.AskFor(t.Context(), "reader-app", "production", "cfg_1"); err != nil {
		t.Fatal(err)
	}
	if waits, err := d.Switch(t.Context(), "reader-app", "production", "offline-shelf", true); err != nil || !waits {
		t.Fatalf("%v %v", waits, err)
	}
	if _, err := d.Switch(t.Context(), "reader-app", "production", "offline-shelf", true); err == nil {
		t.Error("two changes wait")
	}
	held := flag(t, view(t, d, "reader-app", "production"), "offline-shelf")
	if held.State.On || held.Waiting == nil || held.Waiting.By.Name != "Nora Quill" || !held.Waiting.Want.On {
		t.Errorf("%+v", held)
	}

	for name, err := range map[string]error{
		"no flag":        second(d.Switch(t.Context(), "reader-app", "production", "none", true)),
		"no environment": second(d.Switch(t.Context(), "reader-app", "none", "offline-shelf", true)),
		"no member":      second(h.server.Desk(pennant.HarbourBooks, "usr-none").Switch(t.Context(), "web-shop", "production", "gift-wrapping", true)),
		"another's":      second(h.server.Desk(pennant.AlderClinic, "usr-nora").Switch(t.Context(), "web-shop", "production", "gift-wrapping", true)),
		"nowhere to ask": d.AskFor(t.Context(), "reader-app", "none", "cfg_1"),
	} {
		if err == nil {
			t.Errorf("%s: it was done", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }
