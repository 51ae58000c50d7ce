package demo_test

import (
	"strings"
	"testing"
	"time"
)

// The demo's own integrations, as a visitor tries them: a flag is switched and noted
// on the board, a change waits until Sign-off has said yes or no, a segment fills.
func TestIntegrationsOfTheDemoInTheBrowser(t *testing.T) {
	t.Parallel()
	v := newTour(t)
	v.signIn("account administrator")
	v.Goto(v.guide.Product)
	v.look("pennant")
	v.flip("reader-app", "staging", "night-page")
	v.says("Reader app / Staging")
	v.Goto(v.guide.Bot + "/board")
	v.until("Nora Quill turned on the flag Night page", time.Minute)

	// Yes.
	v.Goto(v.guide.Product)
	v.flip("reader-app", "production", "offline-shelf")
	v.says("Nora Quill would turn it on: waits")
	v.Goto(v.guide.Bot + "/signoff")
	v.until("Nora Quill wants to turn on the flag Offline shelf in Production", time.Minute)
	v.look("signoff")
	v.link("Approve")
	v.says("Somebody said yes")
	v.decided("Offline shelf", "Carried out")
	v.Goto(v.guide.Product)
	v.until("Offline shelf\noffline-shelf\nOn", time.Minute)
	v.Goto(v.guide.Bot + "/signoff")
	v.until("Done", time.Minute)

	// No.
	v.Goto(v.guide.Product)
	v.flip("reader-app", "production", "night-page")
	v.Goto(v.guide.Bot + "/signoff")
	v.until("turn off the flag Night page", time.Minute)
	v.link("Decline")
	v.decided("Night page", "Declined")
	v.Goto(v.guide.Product)
	v.until("was declined", time.Minute)
	if text := v.Text("#reader-app-production"); !strings.Contains(strings.Split(text, "Night page")[1], "On") {
		t.Errorf("what was declined was done: %s", text)
	}

	// A list of guests is a segment.
	v.Goto(v.guide.Bot + "/guestlist")
	v.Fill("#f-name", "Emil")
	v.submit("#f-name")
	v.says("emil")
	v.until("snapshot-", time.Minute) // and it has the copy of what the flags say
	v.look("guestlist")
	v.Goto(v.guide.Product)
	v.until("Filled by guest-list: emil", time.Minute)
	v.look("pennant-segment")
	v.Goto(v.guide.Bot + "/guestlist")
	v.link("Take off")
	v.says("Nobody is on the list")
	v.Goto(v.guide.Product)
	v.until("Filled by guest-list: nobody now", time.Minute)
}

// flip presses the switch of a flag on Pennant's own page.
func (v *tour) flip(project, environment, flag string) {
	v.t.Helper()
	v.Follow(`#` + project + `-` + environment + ` form:has([value="` + flag + `"]) .btn[type=submit]`)
}

// decided opens a change as the administrator, at which Guestright asks at once, until
// it stands where it should.
func (v *tour) decided(change, state string) {
	v.t.Helper()
	v.Goto(v.guide.Console)
	for _, on := range []string{"Sign-off", "Set up", "Sign-off", "Every approval"} {
		v.Goto(v.address(on))
	}
	v.until(change, time.Minute)
	v.Goto(v.address(change))
	v.until(state, time.Minute)
}

// address is where the first link leads that holds words.
func (v *tour) address(words string) string {
	v.t.Helper()
	to := v.first(words)
	if to == "" {
		v.t.Fatalf("%s has no link with %q", v.URL(), words)
	}
	return to
}
