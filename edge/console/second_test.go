package console_test

import (
	"testing"

	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/release"
)

// H45 by the pages: the owner wants a second member, one administrator confirms, the
// other releases.
func TestH45_ASecondMemberByThePages(t *testing.T) {
	h := newHouse(t)
	ada, admin, ben := h.person("Ada Boone", "ada@northwind.example"), h.person("Grace Hall", "grace@lakeside.example"), h.person("Ben Ames", "ben@northwind.example")
	x := h.team(ada, admin)
	settings := "/groups/" + x.group.ID.String() + "/settings"
	ada.submit(settings, "/groups/"+x.group.ID.String()+"/second-person", "second_person", "on").has(t, "Nobody else could confirm. Make another member an administrator first.")
	_, err := h.Groups.AddMember(t.Context(), ada.by(), x.group.ID, "ben@northwind.example", group.RoleAdmin)
	must(t, err)
	ben.again()
	ben.get(settings).has(t, "It is off. Only the owner can turn it on.")
	ada.submit(settings, "/groups/"+x.group.ID.String()+"/second-person", "second_person", "on").led(t, settings)
	ada.get(settings).has(t, "It is on.", "Turn it off")
	v, err := h.Releases.Draft(t.Context(), ada.by(), x.app.ID, release.Content{Number: "1.1.0", Notes: "A repair.", Required: []release.Request{{Scope: "flags.read", Purpose: "Shows in your pipeline which flags a deployment touches."}},
		Optional: []release.Request{{Scope: "flags.write", Purpose: "Turns flags on after a deployment has succeeded."}}})
	must(t, err)
	one := "/versions/" + v.ID.String()
	ada.get(one).has(t, "Nobody has confirmed this version as it is now.")
	ada.submit(one+"/release", one+"/release", "reach", "percent", "percent", "20").has(t, "Ask another administrator to confirm this version.")
	ben.submit(one, one+"/confirm").led(t, one)
	ben.get(one).has(t, "You have confirmed it. Another administrator can release it.")
	ben.submit(one+"/release", one+"/release", "reach", "percent", "percent", "20").has(t, "You have confirmed this version yourself.")
	ada.get(one).has(t, "A colleague has confirmed it.")
	h.sound(ada, map[string]string{"second-settings": settings, "second-version": one})
	ada.submit(one+"/release", one+"/release", "reach", "percent", "percent", "20").led(t, one)
	// What is with some already goes to more by two people, too.
	ada.get(one).has(t, "Nobody has confirmed this version as it is now.")
	ada.submit(one+"/stage", one+"/stage", "reach", "all").has(t, "Ask another administrator to confirm this version.")
	ben.submit(one, one+"/confirm").led(t, one)
	ada.submit(one+"/stage", one+"/stage", "reach", "all").led(t, one)
}
