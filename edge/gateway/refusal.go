package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

// refused says what was required, what was granted and what is missing, so that
// an administrator can fix it and a developer can see it.
func (e *Engine) refused(v *Verdict, d access.Verdict) error {
	granted := v.Bearer.Scopes.Names // the token's own, which may be fewer than the grant's
	if granted == nil {
		granted = []string{}
	}
	needs, _ := v.Route.At(v.At)
	code, detail := "scope_missing", "The grant lacks what this operation requires."
	if scopesSuffice(d.Missing, v, v.compiled) {
		code, detail = "permission_denied", "The integration's role does not allow this on the resource."
	}
	missing := d.Missing
	if len(missing) == 0 {
		missing = [][]access.Atom{}
	}
	err := problem.Forbidden(code, detail).
		With("operation", v.Route.Operation).
		With("required", needs).
		With("granted", granted).
		With("missing", names(missing[0:min(1, len(missing))])).
		With("alternatives", alternatives(missing)).
		With("resource", v.Resource.String())
	if e.Docs != "" {
		err = err.With("doc", e.Docs+"/reference/"+url.PathEscape(v.Route.Operation))
	}
	return err
}

// scopesSuffice reports whether every missing atom is an entitlement that the
// granted scopes give: then the role, not the scopes, stands in the way.
func scopesSuffice(missing [][]access.Atom, v *Verdict, k *compiled) bool {
	given := map[string]bool{}
	for _, s := range v.scopes().Names {
		for _, ent := range k.catalog.Entitlements(s) {
			given[ent] = true
		}
	}
	for _, set := range missing {
		all := true
		for _, a := range set {
			all = all && a.Kind == access.KindEntitlement && given[a.Name]
		}
		if all {
			return true
		}
	}
	return false
}

func names(sets [][]access.Atom) []string {
	out := []string{}
	for _, set := range sets {
		for _, a := range set {
			out = append(out, a.Name)
		}
	}
	return out
}

func alternatives(sets [][]access.Atom) [][]string {
	out := make([][]string, len(sets))
	for i, set := range sets {
		out[i] = names([][]access.Atom{set})
	}
	return out
}

// simulated is the refusal that a sandbox caller asked for, in its real shape.
func (e *Engine) simulated(ctx context.Context, v *Verdict) error {
	s := v.Simulate
	if s.Status == http.StatusTooManyRequests {
		if d := v.attached.meter.Take(v.At, 0); d.Unsettled {
			v.attached.meter.Spend(ctx, v.At, 0) // reads the limits, so that the real ones show
		}
		v.Limits = v.attached.meter.Simulated(s)
		v.Limited = true
		return v.Limits.Problem()
	}
	kinds := map[int]problem.Kind{401: problem.KindUnauthenticated, 403: problem.KindForbidden, 404: problem.KindNotFound}
	kind, ok := kinds[s.Status]
	if !ok {
		kind = problem.KindUnavailable // an internal error would not say its code
	}
	err := &problem.Error{Kind: kind, Code: s.Code, Detail: "This outcome is simulated: the call asked for it with " + quota.SimulateHeader + ", or somebody did for this sandbox."}
	return err.With("simulated", true)
}

var outcomes = map[string]usage.Outcome{
	"missing_credential": usage.MissingCredential, "invalid_token": usage.InvalidToken, "token_expired": usage.InvalidToken,
	"token_revoked": usage.RevokedKey, "key_revoked": usage.RevokedKey, "revoked_key": usage.RevokedKey,
	"dpop_required": usage.InvalidToken, "dpop_unbound": usage.InvalidToken, "invalid_dpop_proof": usage.InvalidToken, "use_dpop_nonce": usage.InvalidToken, "grant_ended": usage.NotInstalled,
	"rate_limited": usage.RateLimited, "quota_exceeded": usage.QuotaExceeded,
	"permission_denied": usage.PermissionDenied, "scope_missing": usage.ScopeMissing, "operation_unmapped": usage.OperationUnmapped,
	"installation_unavailable": usage.InstallationDisabled, "installation_disabled": usage.InstallationDisabled, "installation_pending": usage.InstallationDisabled, "installation_failed": usage.InstallationDisabled,
	"installation_blocked": usage.Blocked, "blocked": usage.Blocked, "application_suspended": usage.Blocked, "group_suspended": usage.Blocked,
	"application_deleted": usage.Blocked, "account_closed": usage.Blocked, "not_installed": usage.NotInstalled,
	"network_not_allowed": usage.NetworkDenied, "private_integration_paused": usage.InstallationDisabled, "private_integration_blocked": usage.Blocked,
	"legacy_key_attempts": usage.InvalidToken, "operation_removed": usage.OperationRemoved, "api_version_removed": usage.OperationRemoved, "api_version_unknown": usage.Malformed,
	"not_found": usage.NotFound, "method_not_allowed": usage.NotFound, "credential_in_query": usage.InvalidToken,
	"account_missing": usage.Malformed, "grant_suspended": usage.Blocked, "product_error": usage.ProductError,
}

func outcomeOf(err error) usage.Outcome {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return usage.Unavailable
	}
	if p.Extra["reason"] == "installation_removed" {
		return usage.NotInstalled
	}
	if o, ok := outcomes[p.Code]; ok {
		return o
	}
	switch p.Kind {
	case problem.KindInvalid:
		return usage.Malformed
	case problem.KindNotFound:
		return usage.NotFound
	case problem.KindForbidden:
		return usage.PermissionDenied
	case problem.KindUnauthenticated:
		return usage.InvalidToken
	}
	return usage.Unavailable
}
