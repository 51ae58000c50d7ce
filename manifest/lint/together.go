package lint

import (
	"slices"

	"github.com/guestright/guestright/manifest"
)

// Together judges packages that are offered side by side: two of them have the
// same OAuth client only where the operator lets them share it. The findings go
// by the package's key.
func Together(all []manifest.Read, p Profile) map[string][]manifest.Finding {
	holders := map[string]int{}
	for _, r := range all {
		if key := r.Package.Connection.OAuth.CredentialKey.Get(); key != "" {
			holders[key]++
		}
	}
	out := map[string][]manifest.Finding{}
	for _, r := range all {
		key := r.Package.Connection.OAuth.CredentialKey.Get()
		if holders[key] < 2 || slices.Contains(p.SharedOAuthKeys, key) {
			continue
		}
		l := &linter{read: r, p: r.Package}
		l.rule("oauth.shared", "/connection/oauth/credentialKey", "Another integration has this name for its client credentials.", "Use a name of its own, or have the operator let them share.")
		out[r.Package.Key] = l.out
	}
	return out
}
