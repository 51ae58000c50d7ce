package integration

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/release"
)

func checkUpdates(u Updates) error {
	switch u {
	case UpdatesAsk, UpdatesLowRisk:
		return nil
	}
	return problem.Invalid("updates_invalid", "New versions ask, or are taken when they add nothing but low risk.",
		problem.Field{Pointer: "/updates", Code: "unknown", Detail: "ask or low_risk."})
}

// added are the scopes that it asks for in addition. What an administrator has
// declined before and is still optional is none of them, since it is not given.
func (u Update) added() []Asked {
	var out []Asked
	for _, a := range u.Asked {
		declined := !a.Required && slices.Contains(u.From.Scopes(), a.Scope)
		if slices.Contains(u.New, a.Scope) && !declined {
			out = append(out, a)
		}
	}
	return out
}

// lowRisk reports whether every scope that it adds is of low risk; also when it adds
// none.
func (u Update) lowRisk() bool {
	return !slices.ContainsFunc(u.added(), func(a Asked) bool { return a.Risk != "low" })
}

// harmless reports whether a rule may take it: nothing but low risk, which the operator
// has reviewed, unless it is the developers' own sandbox.
func (u Update) harmless() bool {
	if slices.ContainsFunc(u.Differences.Items, func(d release.Difference) bool { return d.Waits && d.Kind != release.KindScope }) {
		return false // it sends elsewhere, or something must be filled in
	}
	return u.lowRisk() && (u.Verified || u.own || len(u.added()) == 0)
}

// kept are the scopes with which a rule takes the update: what it requires, and what
// was approved before and is still asked for. What is optional and new waits for
// somebody who wants it.
func (u Update) kept(approved []string) []string {
	out := []string{}
	for _, a := range u.Asked {
		if a.Required || slices.Contains(approved, a.Scope) {
			out = append(out, a.Scope)
		}
	}
	return sorted(out)
}

// gentle reports whether it comes by itself: no part of it reaches further or needs
// something, and the number promises that nothing is taken away.
func (u Update) gentle() bool { return !u.Differences.Waits && !u.Differences.Major() }

// follow takes an update that comes by itself or that the account's rule lets
// through; of any other the account's administrators are told.
func (s *Service) follow(tx *store.Tx, a application.Application, i Installation, u Update) (Installation, error) {
	if !u.gentle() && (i.Updates != UpdatesLowRisk || !u.harmless()) {
		return i, s.offerUpdate(tx, a, i, u)
	}
	by, action := access.System("a version was published"), "follow_version"
	if !u.gentle() {
		by, action = access.System("the account's rule for new versions"), "take_version"
	}
	after, err := s.take(tx, by, i, u, u.kept(i.Scopes))
	if problem.CodeOf(err) == "role_too_broad" {
		return i, s.offerUpdate(tx, a, i, u)
	}
	if err != nil {
		return i, err
	}
	if len(u.New)+len(u.Dropped) > 0 {
		if err := s.tellTaken(tx, a, i, after, u); err != nil {
			return i, err
		}
	}
	return after, s.record(tx, by, action, a, i, after)
}

func (s *Service) offerUpdate(tx *store.Tx, a application.Application, i Installation, u Update) error {
	acc, err := s.Accounts.Load(tx, i.Account)
	if err != nil {
		return err
	}
	text := "Version " + u.To.Number + " waits for you. What you approved goes on working; look at what is new, and decide."
	if i.Updates == UpdatesLowRisk && u.lowRisk() && !u.harmless() {
		text = "Version " + u.To.Number + " adds nothing but low risk, so your rule takes it as soon as the operator has reviewed it. What you approved goes on working; you can also look at it and decide now."
	}
	text += cut("\n\n" + u.Differences.Sentences())
	return s.Notices.Send(tx, notice.Notice{Kind: "installation.update_offered", To: notice.To{Account: i.Account, AccountRole: access.AccountAdmin},
		Subject: "A new version of " + a.Name + " in " + acc.Name, Text: text, Link: "/installations/" + i.ID.String() + "/update", Dedupe: i.ID.String() + "/" + u.To.ID.String()})
}

// cut keeps a notice short; the page has the rest.
func cut(text string) string {
	const most = 4000 // bytes
	if len(text) <= most {
		return text
	}
	return text[:strings.LastIndexByte(text[:most], '\n')+1] + "And more."
}

// tellTaken tells the account's administrators what their rule has let through.
func (s *Service) tellTaken(tx *store.Tx, a application.Application, before, after Installation, u Update) error {
	acc, err := s.Accounts.Load(tx, after.Account)
	if err != nil {
		return err
	}
	text := "Your rule lets new versions through when they add nothing but low risk."
	if u.gentle() {
		text = "It came by itself, since it needs nothing that you have not approved."
	}
	say := func(words string, scopes []string) {
		if len(scopes) > 0 {
			text += " " + words + " " + strings.Join(s.labels(scopes), ", ") + "."
		}
	}
	say("Added:", without(after.Scopes, before.Scopes))
	say("Not asked for any more, and taken away:", without(before.Scopes, after.Scopes))
	say("Optional, and not given unless you want it:", without(u.New, after.Scopes))
	return s.Notices.Send(tx, notice.Notice{Kind: "installation.update_taken", To: notice.To{Account: after.Account, AccountRole: access.AccountAdmin},
		Subject: a.Name + " in " + acc.Name + " has version " + u.To.Number, Text: text, Link: "/installations/" + after.ID.String(), Dedupe: after.ID.String() + "/" + u.To.ID.String()})
}

// labels puts scopes into the words of the catalog.
func (s *Service) labels(scopes []string) []string {
	out := make([]string, len(scopes))
	for n, name := range scopes {
		out[n] = name
		if sc, ok := s.Catalog.Get().Scope(name); ok && sc.Label != "" {
			out[n] = sc.Label
		}
	}
	return out
}
