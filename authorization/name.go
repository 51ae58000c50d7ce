package authorization

import "github.com/guestright/guestright/kit/problem"

// names are OAuth's words for our codes (RFC 6749 sections 4.1.2.1 and 5.2, RFC
// 8628, RFC 8707, RFC 9449); a code that is such a word itself stays.
var names = map[string]string{
	"pkce_required": "invalid_request", "pkce_method": "invalid_request", "method_not_allowed": "invalid_request",
	"scope_too_small": "invalid_scope", "scope_not_asked": "invalid_scope", "nothing_released": "unauthorized_client",
	"delegation_off": "access_denied", "application_unverified": "access_denied", "role_required": "access_denied",
	"app_not_installed": "invalid_grant", "grant_ended": "invalid_grant", "account_required": "invalid_request",
	"application_deleted": "invalid_client", "consent_ended": "invalid_grant",
}

// words are codes that OAuth knows.
var words = map[string]bool{
	"invalid_request": true, "invalid_client": true, "invalid_grant": true, "unauthorized_client": true, "unsupported_grant_type": true,
	"unsupported_response_type": true, "invalid_scope": true, "invalid_target": true, "access_denied": true, "request_not_supported": true,
	"invalid_request_uri": true, "login_required": true, "consent_required": true, "interaction_required": true, "account_selection_required": true,
	"authorization_pending": true, "slow_down": true, "expired_token": true, "invalid_dpop_proof": true, "use_dpop_nonce": true, "invalid_token": true,
	"unsupported_token_type": true, "invalid_redirect_uri": true, "invalid_client_metadata": true, "invalid_software_statement": true, "temporarily_unavailable": true, "server_error": true,
	"insufficient_scope": true,
}

// Name gives OAuth's word for an error.
func Name(e *problem.Error) string {
	if words[e.Code] {
		return e.Code
	}
	if name, ok := names[e.Code]; ok {
		return name
	}
	switch e.Kind {
	case problem.KindUnauthenticated:
		return "invalid_client"
	case problem.KindForbidden:
		return "access_denied"
	case problem.KindLimited, problem.KindUnavailable:
		return "temporarily_unavailable"
	case problem.KindInvalid, problem.KindConflict, problem.KindNotFound:
		return "invalid_request"
	}
	return "server_error"
}
