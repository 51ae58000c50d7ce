package console

import (
	"strconv"
	"strings"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
)

// auditOf asks for the entries about a group, or about one application.
func auditOf(groupID, application string) audit.Filter {
	return audit.Filter{Group: groupID, Application: application, Limit: 40}
}

// activityView is a part of the audit log.
type activityView struct {
	Timeline page.Timeline
	Pager    page.Pager
}

func (v *visit) activity(path string, before int64, f audit.Filter) (activityView, error) {
	log, err := v.Audit.List(v.ctx(), v.by, f, before)
	if err != nil {
		return activityView{}, err
	}
	d := activityView{Timeline: page.Timeline{Now: v.now}, Pager: page.Pager{Label: "Activity", Shown: strconv.Itoa(len(log.Entries)) + " entries"}}
	names := v.names(f)
	for _, e := range log.Entries {
		d.Timeline.Items = append(d.Timeline.Items, happening(e, names))
	}
	if before > 0 {
		d.Pager.First = path
	}
	if log.More {
		d.Pager.Next = path + "?before=" + strconv.FormatInt(log.Last, 10)
	}
	return d, nil
}

// names gives the people and customers of a group by their ids, as far as the caller may know them.
func (v *visit) names(f audit.Filter) map[string]string {
	out := map[string]string{v.by.User: v.session.Name}
	app, err := ident.Parse[application.Application](f.Application)
	if err == nil {
		if s, err := v.subjectOf(app); err == nil {
			f.Group = s.Group
		}
		v.nameCustomers(out, app)
	}
	id, err := ident.Parse[group.Group](f.Group)
	if err != nil {
		return out
	}
	if app.IsZero() {
		apps, err := v.Applications.List(v.ctx(), v.by, f.Group)
		if err != nil {
			apps = nil // names are a comfort; the log is shown without them
		}
		for _, a := range apps {
			v.nameCustomers(out, a.ID)
		}
	}
	members, err := v.Groups.Members(v.ctx(), v.by, id)
	if err != nil {
		return out // names are a comfort; the log is shown without them
	}
	for _, m := range members {
		out[m.User] = m.Name
	}
	return out
}

func (v *visit) nameCustomers(names map[string]string, app application.ID) {
	all, err := v.Integrations.ListApplication(v.ctx(), v.by, app)
	if err != nil {
		return // as above
	}
	for _, i := range all {
		names[i.Account] = i.AccountName
	}
}

// happening puts an audit entry into a sentence.
func happening(e audit.Entry, names map[string]string) page.Happening {
	said := wordsFor(e.Action)
	h := page.Happening{At: e.At, Who: who(e, names), What: said.words, Detail: e.Reason, Icon: said.icon, Tone: said.tone}
	if e.Name != "" && !ofOneself[e.Action] {
		h.Object = page.Mono(e.Name)
	}
	if name := names[e.Account]; name != "" && e.Account != "" && name != e.Name && !strings.HasSuffix(h.Who, " at "+name) {
		h.Where = "in " + name
	}
	return h
}

func who(e audit.Entry, names map[string]string) string {
	kind, id, _ := strings.Cut(e.Actor, "/")
	switch {
	case kind == "system":
		return "Guestright"
	case e.ActorKind == "operator":
		return "The operator"
	case names[id] != "":
		return names[id]
	case e.Account != "":
		if names[e.Account] != "" {
			return "Somebody at " + names[e.Account]
		}
		return "An administrator of the customer"
	case kind == "application":
		return "The application"
	}
	return "Somebody"
}

type saying struct {
	words string
	icon  page.Icon
	tone  page.Tone
}

// sayings put the actions of the audit log into words that follow a name.
var sayings = map[string]saying{
	"domain.create":             {"added the domain", page.IconGlobe, page.ToneNeutral},
	"domain.prove":              {"proved to own the domain", page.IconGlobe, page.ToneGood},
	"domain.check":              {"looked for the proof of the domain", page.IconGlobe, page.ToneNeutral},
	"domain.lapse":              {"no longer found the proof of the domain", page.IconGlobe, page.ToneWarn},
	"domain.delete":             {"removed the domain", page.IconTrash, page.ToneWarn},
	"group.create":              {"founded the group", page.IconPlus, page.ToneGood},
	"group.update":              {"renamed the group to", page.IconPencil, page.ToneNeutral},
	"group.archive":             {"archived the group", page.IconArchive, page.ToneWarn},
	"group.restore":             {"restored the group", page.IconUndo, page.ToneGood},
	"group.transfer":            {"passed on the ownership of", page.IconHandshake, page.ToneInfo},
	"group.member_add":          {"added a member to", page.IconUserPlus, page.ToneGood},
	"group.member_role":         {"changed a role in", page.IconUserCog, page.ToneNeutral},
	"group.member_remove":       {"removed a member from", page.IconUser, page.ToneWarn},
	"application.create":        {"registered", page.IconRocket, page.ToneGood},
	"application.update":        {"edited", page.IconPencil, page.ToneNeutral},
	"application.client_update": {"changed the client settings of", page.IconPencil, page.ToneInfo},
	"application.move":          {"moved", page.IconArrowRight, page.ToneInfo},
	"application.delete":        {"asked for the deletion of", page.IconTrash, page.ToneBad},
	"application.undelete":      {"took back the deletion of", page.IconUndo, page.ToneGood},
	"application.deleted":       {"deleted", page.IconTrash, page.ToneBad},
	"key.create":                {"created the key", page.IconKey, page.ToneGood},
	"key.rotate":                {"rotated the key", page.IconRefresh, page.ToneInfo},
	"key.revoke":                {"revoked the key", page.IconCircleX, page.ToneBad},
	"version.create":            {"drafted", page.IconLayers, page.ToneNeutral},
	"version.update":            {"edited the draft of", page.IconPencil, page.ToneNeutral},
	"version.package":           {"put an integration package into", page.IconLayers, page.ToneNeutral},
	"version.remove_package":    {"took the integration package out of", page.IconTrash, page.ToneWarn},
	"listing.update":            {"changed the listing of", page.IconPencil, page.ToneNeutral},
	"listing.publish":           {"said who can see the listing of", page.IconEye, page.ToneInfo},
	"listing.add_picture":       {"added a picture to the listing of", page.IconPlus, page.ToneNeutral},
	"listing.remove_picture":    {"took a picture from the listing of", page.IconTrash, page.ToneNeutral},
	"listing.take_down":         {"took out of the directory", page.IconCircleX, page.ToneBad},
	"listing.reinstate":         {"let stand in the directory again", page.IconUndo, page.ToneGood},
	"version.publish":           {"published", page.IconRocket, page.ToneGood},
	"version.retire":            {"retired", page.IconArchive, page.ToneWarn},
	"version.discard":           {"threw away the draft of", page.IconTrash, page.ToneNeutral},
	"recording.start":           {"started a recording in a sandbox for", page.IconZap, page.ToneInfo},
	"group.second_person":       {"changed whether a second member confirms releases of", page.IconShield, page.ToneInfo},
	"version.confirm":           {"confirmed the version of", page.IconCheck, page.ToneGood},
	"sandbox.create":            {"made the sandbox", page.IconPlus, page.ToneGood},
	"sandbox.reset":             {"had the product reset the sandbox", page.IconRefresh, page.ToneWarn},
	"sandbox.close":             {"closed the sandbox", page.IconCircleX, page.ToneBad},
	"sandbox.simulate":          {"has calls fail or be late in the sandbox", page.IconZap, page.ToneWarn},
	"sandbox.end_simulation":    {"lets calls through again in the sandbox", page.IconCheck, page.ToneNeutral},
	"sandbox.trigger":           {"made an event up in the sandbox", page.IconZap, page.ToneInfo},
	"recording.end":             {"ended a recording for", page.IconCircleX, page.ToneNeutral},
	"version.check":             {"ran the release checks of", page.IconCheck, page.ToneNeutral},
	"version.justify":           {"said why scopes are asked for by", page.IconPencil, page.ToneNeutral},
	"version.mark":              {"answered the questions of the review of", page.IconShield, page.ToneInfo},
	"version.submit":            {"handed in for review", page.IconShield, page.ToneInfo},
	"version.withdraw":          {"took back from review", page.IconUndo, page.ToneNeutral},
	"version.take":              {"began to review", page.IconShield, page.ToneNeutral},
	"version.approve":           {"approved", page.IconShieldCheck, page.ToneGood},
	"version.disapprove":        {"did not approve", page.IconCircleX, page.ToneBad},
	"version.stage":             {"changed how far it reaches:", page.IconLayers, page.ToneInfo},
	"version.pause":             {"paused the release of", page.IconWarning, page.ToneWarn},
	"version.resume":            {"let the release go on of", page.IconZap, page.ToneGood},
	"version.roll_back":         {"took back", page.IconUndo, page.ToneBad},
	"version.deprecate":         {"announced the end of", page.IconArchive, page.ToneWarn},
	"installation.create":       {"installed", page.IconPlug, page.ToneGood},
	"installation.update":       {"changed the installation of", page.IconSettings, page.ToneNeutral},
	"installation.delete":       {"removed", page.IconTrash, page.ToneBad},
	"installation.restore":      {"restored", page.IconUndo, page.ToneGood},
	"installation.withhold":     {"blocked the installation", page.IconShieldAlert, page.ToneBad},
	"installation.release":      {"unblocked the installation", page.IconShieldCheck, page.ToneGood},
	"installation.block":        {"blocked", page.IconShieldAlert, page.ToneBad},
	"installation.unblock":      {"unblocked", page.IconShieldCheck, page.ToneGood},
	"installation.uninstall":    {"uninstalled", page.IconTrash, page.ToneBad},
}
