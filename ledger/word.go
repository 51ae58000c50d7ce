package ledger

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/guestright/guestright/usage"
)

func number(n int) string { return strconv.Itoa(n) }

// why are the outcomes as an administrator of the account reads them.
var why = map[usage.Outcome]string{
	usage.OK:                   "The product answered",
	usage.ProductError:         "It was let through, and the product failed",
	usage.InvalidToken:         "The token was wrong or had expired",
	usage.MissingCredential:    "No token was sent",
	usage.RateLimited:          "Too many calls in a short time",
	usage.QuotaExceeded:        "Its quota was used up",
	usage.PermissionDenied:     "Its role does not allow it there",
	usage.ScopeMissing:         "A scope for it was never granted",
	usage.NotInstalled:         "It is not installed any more",
	usage.InstallationDisabled: "It was switched off in this account",
	usage.Blocked:              "It was blocked by its developer, the operator or this account",
	usage.RevokedKey:           "The key or token was revoked",
	usage.OperationUnmapped:    "The operator has not opened the operation",
	usage.NotFound:             "There is no such operation, or not in this account",
	usage.Malformed:            "The request was ambiguous",
	usage.Unavailable:          "It could not be decided, so it was refused",
	usage.OperationRemoved:     "The operation is no more",
	usage.NetworkDenied:        "It came from a network that is not allowed",
}

// Why says an outcome in words.
func Why(o usage.Outcome) string {
	if w, ok := why[o]; ok {
		return w
	}
	return o.String()
}

// scopesOf are the scopes that a document of the audit log names; false: it names none.
func scopesOf(doc string) ([]string, bool) {
	var d struct {
		Scopes *[]string `json:"scopes"`
	}
	if doc == "" || json.Unmarshal([]byte(doc), &d) != nil || d.Scopes == nil {
		return nil, false
	}
	return *d.Scopes, true
}

// scopeChange is what two documents say was added and removed.
func scopeChange(before, after string) (added, removed []string) {
	was, had := scopesOf(before)
	is, has := scopesOf(after)
	if !has {
		return nil, nil // it is over, or not about scopes
	}
	for _, s := range is {
		if !slices.Contains(was, s) {
			added = append(added, s)
		}
	}
	for _, s := range was {
		if had && !slices.Contains(is, s) {
			removed = append(removed, s)
		}
	}
	return added, removed
}
