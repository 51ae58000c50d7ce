package access

import (
	"slices"
	"strings"
)

// KnownAction is one action that exists, and the path of types it acts on (`proj:env:flag`, `acct`); On is empty when
// the catalog does not say.
type KnownAction struct{ Name, On string }

// Known turns plain action names into known actions without a type.
func Known(names ...string) []KnownAction {
	out := make([]KnownAction, 0, len(names))
	for _, n := range names {
		out = append(out, KnownAction{Name: n})
	}
	return out
}

// AdministratorClass reports whether a role is too broad for an integration, and why in plain words. It is, when its
// effective policy can give roles to somebody (an action matching giveRights, such as `role:*` or `member:update`) on
// account-wide resources, or allows every known action there, however either is spelled. A resource is account-wide when
// it is picked by type and not by name or condition. The answer leans to yes: an operator may override it with a reason.
func AdministratorClass(role Layer, giveRights []string, known []KnownAction) (bool, string) {
	for _, right := range giveRights {
		g, why := compileGlob(right, nil, decodeAction)
		if why != "" {
			return true, "The list of rights that give roles cannot be read, so no role can be trusted to be narrow."
		}
		for _, action := range role.candidates(g, known) {
			if role.allowsWide(action, true) {
				return true, "It can give roles or change members: it allows " + strings.ReplaceAll(action.Name, fresh, "*") + " on the whole account."
			}
		}
	}
	if len(known) == 0 {
		known = []KnownAction{{Name: fresh + ":" + fresh}}
	}
	for _, action := range known {
		if !role.allowsWide(action, false) {
			return false, ""
		}
	}
	return true, "It allows every action of the account."
}

// candidates are actions that match the glob: known ones, an unheard-of one, and one for each overlap with what the
// role mentions.
func (l Layer) candidates(g glob, known []KnownAction) []KnownAction {
	var out []KnownAction
	for _, k := range known {
		if g.match(k.Name) {
			out = append(out, k)
		}
	}
	add := func(name string) {
		if !slices.ContainsFunc(out, func(k KnownAction) bool { return k.Name == name }) {
			out = append(out, KnownAction{Name: name})
		}
	}
	add(g.fill(fresh))
	for _, h := range l.globs() {
		if name, ok := common(g, h); ok {
			add(name)
		}
	}
	return out
}

// allowsWide reports whether the layer allows the action on some resource that is picked by type alone. lean says what to
// assume when nothing tells which type the action acts on: that it may be any.
func (l Layer) allowsWide(action KnownAction, lean bool) bool {
	try := func(r Resource) bool { return l.Allows(action.Name, &r) }
	bare := func(kinds ...string) Resource {
		segments := make([]Segment, 0, len(kinds))
		for _, k := range kinds {
			segments = append(segments, Segment{Kind: k, Name: fresh, Facts: Facts{Known: true}})
		}
		return NewResource(segments...)
	}
	if action.On != "" {
		kinds := strings.Split(action.On, ":")
		if try(bare(kinds...)) || len(kinds) == 1 && try(NewResource(Segment{Kind: kinds[0], Facts: Facts{Known: true}})) {
			return true
		}
	} else if try(bare(fresh)) {
		return true
	}
	allow, _ := l.patterns()
	for _, p := range allow {
		if p.wideFor(action, lean) && try(p.example()) {
			return true
		}
	}
	return false
}

// root reports whether a kind stands for a whole account. Which one does not matter: the role lives inside it.
func root(kind string) bool { return kind == "acct" || kind == "account" || kind == "platform" }

// wideFor reports whether the pattern picks, by type alone, things that the action can act on. The type is the one the
// catalog says; else the noun before the colon or the account itself; else any.
func (p *pattern) wideFor(action KnownAction, lean bool) bool {
	if !p.unconditional() {
		return false
	}
	if p.all {
		return true
	}
	kinds := strings.Split(p.kinds, ":")
	for i, s := range p.segments {
		if s.named && !s.name.open() && !root(kinds[i]) {
			return false
		}
	}
	last := kinds[len(kinds)-1]
	if on := action.On; on != "" {
		return p.kinds == on || strings.HasSuffix(p.kinds, ":"+on)
	}
	noun, _, colon := strings.Cut(action.Name, ":")
	return root(last) || colon && last == noun || !colon && lean
}
