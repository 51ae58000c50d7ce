package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/guestright/guestright/manifest"
)

var keyForm = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)

func (l *linter) listing() {
	p := l.p
	if p.Key != "" && !keyForm.MatchString(p.Key) {
		l.lint(manifest.Error, "package.key", "", "The folder's name cannot be the integration's key.", "Use small letters and digits, with single dashes or dots between.")
	}
	if t := p.Listing.Tagline; t != "" && !strings.HasSuffix(t, ".") {
		l.rule("listing.tagline-stop", "/listing/tagline", "The sentence on the card has no end.", "End it with a full stop.")
	}
	if !l.does() {
		l.rule("package.nothing", "", "The integration can do nothing.", "Add a capability, or say in the labels what is done elsewhere.")
	}
	if c := p.Capabilities(); len(c) == 1 && c[0] == "inboundTrigger" && strings.Contains(strings.ToLower(p.Listing.Name), "trigger") {
		l.lint(manifest.Warning, "listing.name-trigger", "/listing/name", "Pages add the word trigger to this name themselves.", "Leave it out.")
	}
}

// does says whether there is a capability, or a label for what is done elsewhere.
func (l *linter) does() bool {
	p := l.p
	return len(p.Capabilities()) > 0 || len(p.Listing.Labels) > 0 || p.Configuration != (manifest.Configuration{}) ||
		slices.Contains(p.Compat.Empty, "/capabilities") || slices.Contains(l.profile.ConfigurationOnly, p.Key) ||
		slices.ContainsFunc(l.read.Findings, func(f manifest.Finding) bool { return f.Rule == "shape.type" })
}

func (l *linter) connection() {
	o := l.p.Connection.OAuth
	needs, key := o.Required.Get(), o.CredentialKey.Get()
	switch {
	case needs && key == "":
		l.lint(manifest.Warning, "oauth.no-key", "/connection/oauth/required", "Nothing says which client credentials the operator must hold.", "Name them in "+l.name("oauthIntegrationKey", "connection.oauth.credentialKey")+".")
	case !needs && key != "":
		l.lint(manifest.Warning, "oauth.idle-key", "/connection/oauth/credentialKey", "The credentials are named, and OAuth is not asked for.", "Set "+l.name("requiresOAuth", "connection.oauth.required")+" to true, or leave the name out.")
	}
	if held := l.profile.OAuthKeys; needs && held != nil && !slices.Contains(held, key) && !slices.Contains(held, l.p.Key) {
		l.rule("oauth.not-held", "/connection/oauth/required", "The operator holds no client credentials of this partner.", "Have the operator add them, then submit again.")
	}
}

// name gives a member's name in the author's form.
func (l *linter) name(theirs, ours string) string {
	if l.read.Compatible {
		return theirs
	}
	return ours
}

func (l *linter) configuration() {
	loc := l.p.Configuration.Location
	n := 0
	for _, is := range []bool{loc.URL.Present(), loc.CreateURL.Present() || loc.EditURL.Present(), loc.Page.Present()} {
		if is {
			n++
		}
	}
	if n > 1 {
		at := "/configuration/location/url"
		if !loc.URL.Present() {
			at = "/configuration/location/page"
		}
		l.lint(manifest.Error, "configuration.location-twice", at, "The manifest sends people to several places for configuring.", "Keep one.")
	}
	if loc.CreateURL.Present() != loc.EditURL.Present() {
		l.lint(manifest.Error, "configuration.half", "/configuration/location", "One of the two pages is missing.", "Give the page for a new and the page for an existing configuration.")
	}
}

// kinds are checked against those of the host, when they are known.
func (l *linter) kinds() {
	known := l.profile.Kinds
	if known == nil {
		return
	}
	check := func(at string, kinds []string) {
		for _, k := range kinds {
			if !slices.Contains(known, k) {
				l.lint(manifest.Warning, "kind.unknown", at, "The host has no such kind of resource.", "Use one of "+strings.Join(known, ", ")+".")
			}
		}
	}
	p := l.p
	for i, h := range p.EventHooks {
		if h.Templates != nil {
			check(index("/eventHooks", i)+"/templates/byKind", sorted(h.Templates.ByKind))
		}
	}
	if a := p.InboundTrigger; a != nil {
		check("/inboundTrigger/on", a.On)
	}
	if a := p.ChangeApproval; a != nil {
		check("/changeApproval/on", a.On)
	}
	if a := p.SnapshotPush; a != nil {
		check("/snapshotPush/on", a.On)
	}
	if a := p.ResourceLink; a != nil {
		check("/resourceLink/on", a.On)
	}
	if a := p.MembershipSync; a != nil {
		check("/membershipSync/on", a.On)
	}
	if a := p.ReservedProperties; a != nil {
		check("/reservedProperties/on", a.On)
	}
	if a := p.UserAction; a != nil {
		check("/userAction/on", a.On)
	}
}
