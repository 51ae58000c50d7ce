package usage

// Outcome is how the decision about one call ended. The numbers are stored:
// never reorder, only append.
type Outcome uint8

// The outcomes.
const (
	OK                   Outcome = iota // passed, and the product answered
	InvalidToken                        // unknown, expired or malformed token
	MissingCredential                   // no credential at all
	RateLimited                         // a short limit
	QuotaExceeded                       // a long limit
	PermissionDenied                    // no role allows it on this resource
	ScopeMissing                        // the grant lacks a scope or entitlement
	NotInstalled                        // the application is not installed in the account
	InstallationDisabled                // made unavailable by the administrator
	Blocked                             // by the developer or the operator
	RevokedKey                          // the key or token was revoked
	OperationUnmapped                   // the catalog names no requirement
	NotFound                            // no such route, or a foreign account
	ProductError                        // passed, and the product failed
	Malformed                           // refused as ambiguous
	Unavailable                         // nothing could be decided
	OperationRemoved                    // the operation, or the API version, is no more
	NetworkDenied                       // from a network that the grant does not allow
	outcomes             = iota
)

var outcomeNames = [outcomes]string{"ok", "invalid_token", "missing_credential", "rate_limited", "quota_exceeded", "permission_denied",
	"scope_missing", "not_installed", "installation_disabled", "blocked", "revoked_key", "operation_unmapped", "not_found", "product_error",
	"malformed", "unavailable", "operation_removed", "network_denied"}

// String is the stable name.
func (o Outcome) String() string {
	if o < outcomes {
		return outcomeNames[o]
	}
	return "unavailable"
}

// MarshalText writes the name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// OutcomeOf finds an outcome by its name.
func OutcomeOf(name string) (Outcome, bool) {
	for i, n := range outcomeNames {
		if n == name {
			return Outcome(i), true
		}
	}
	return 0, false
}

// Outcomes lists all outcomes in order.
func Outcomes() []Outcome {
	out := make([]Outcome, outcomes)
	for i := range out {
		out[i] = Outcome(i)
	}
	return out
}
