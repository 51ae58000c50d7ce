package authorization

import "github.com/guestright/guestright/kit/problem"

// Declared lists the codes of this slice. The token endpoint and the page of a
// pending request answer with them; OAuth's own words are among them.
func Declared() []problem.Declared {
	inv, con := problem.KindInvalid, problem.KindConflict
	return []problem.Declared{
		{Code: "invalid_request", Kind: inv, Cause: "A parameter of an OAuth request is missing, malformed or stands twice; error_description says which.", Remedy: "Correct the request."},
		{Code: "invalid_grant", Kind: inv, Cause: "The code or refresh token is wrong, somebody else's, expired, revoked or used already.", Remedy: "Send the person through the authorization endpoint again, or recover the tokens."},
		{Code: "invalid_scope", Kind: inv, Cause: "A scope is not known, not named by the application's version, or was not granted.", Remedy: "Ask for scopes of the version; a refresh can only narrow."},
		{Code: "invalid_target", Kind: inv, Cause: "The resource is not one that tokens are issued for (RFC 8707).", Remedy: "Take the resource from the gateway's protected-resource metadata."},
		{Code: "unauthorized_client", Kind: inv, Cause: "This kind of client may not use this grant.", Remedy: "Public clients act for people only."},
		{Code: "unsupported_grant_type", Kind: inv, Cause: "The grant type is not served here.", Remedy: "The server's metadata lists those that are."},
		{Code: "unsupported_response_type", Kind: inv, Cause: "Only response_type=code is served.", Remedy: "Use the authorization code flow with PKCE."},
		{Code: "request_not_supported", Kind: inv, Cause: "Request objects are not supported.", Remedy: "Push the request instead (RFC 9126)."},
		{Code: "invalid_request_uri", Kind: inv, Cause: "A pushed request was opened already, has expired or is another client's.", Remedy: "Push it again."},
		{Code: "pkce_required", Kind: inv, Cause: "code_challenge is missing.", Remedy: "Send one: PKCE is required of every client."},
		{Code: "pkce_method", Kind: inv, Cause: "code_challenge_method is not S256.", Remedy: "Use S256; plain is refused."},
		{Code: "client_unknown", Kind: inv, Cause: "The client_id of an authorization request is not known.", Remedy: "Compare it with the application's keys."},
		{Code: "redirect_unregistered", Kind: inv, Cause: "The redirect_uri is not registered.", Remedy: "Register it: addresses are compared byte for byte."},
		{Code: "login_required", Kind: inv, Cause: "prompt=none, and nobody is signed in, or too long ago.", Remedy: "Send the person without prompt=none."},
		{Code: "consent_required", Kind: inv, Cause: "prompt=none, and the person has to approve.", Remedy: "Send the person without prompt=none."},
		{Code: "account_selection_required", Kind: inv, Cause: "prompt=none, and the person has several accounts.", Remedy: "Name one with account_id, or send the person without prompt=none."},
		{Code: "interaction_required", Kind: inv, Cause: "prompt=none, and the person has to be shown something.", Remedy: "Send the person without prompt=none."},
		{Code: "invalid_dpop_proof", Kind: inv, Cause: "A DPoP proof is missing, malformed, too old, for another request, or was used already.", Remedy: "Make a new proof for every request (RFC 9449)."},
		{Code: "authorization_decided", Kind: con, Cause: "Somebody has answered this request already.", Remedy: "Start again at the application."},
		{Code: "authorization_expired", Kind: con, Cause: "The request waited too long for an answer.", Remedy: "Start again at the application."},
		{Code: "authorization_changed", Kind: con, Cause: "The same was answered or used meanwhile.", Remedy: "Start again."},
		{Code: "invalid_redirect_uri", Kind: inv, Cause: "A client that registers itself has no redirect URI, or one that is not accepted (RFC 7591).", Remedy: "Use https on a domain that the operator has listed."},
		{Code: "invalid_client_metadata", Kind: inv, Cause: "What a client says about itself at registration is not accepted; error_description says what.", Remedy: "Correct it."},
		{Code: "invalid_software_statement", Kind: inv, Cause: "Software statements are not supported.", Remedy: "Leave it out."},
		{Code: "client_document_unreachable", Kind: problem.KindUnavailable, Cause: "The metadata document of a client cannot be fetched.", Remedy: "See that the address answers over https within five seconds."},
		{Code: "registration_group_missing", Kind: problem.KindUnavailable, Cause: "The group to which registered clients belong is not there, or not active.", Remedy: "The operator corrects registration.group."},
		{Code: "use_dpop_nonce", Kind: inv, Cause: "This platform wants a nonce of its own in DPoP proofs, and the proof has none, or an old one.", Remedy: "Make a new proof with the nonce of the header DPoP-Nonce (RFC 9449 section 8)."},
		{Code: "nonce_invalid", Kind: inv, Cause: "The nonce of a user context is too short, too long or has odd characters.", Remedy: "Make a new random one of 8 to 200 printable ASCII characters."},
		{Code: "user_required", Kind: inv, Cause: "The product asked for a user context without naming the person.", Remedy: "Name the person by our id or the product's key."},
		{Code: "user_code_wrong", Kind: inv, Cause: "No device waits with the code that was typed.", Remedy: "Compare it with what the device shows, or have it show a new one."},
		{Code: "authorization_pending", Kind: inv, Cause: "The person has not decided yet about a device.", Remedy: "Ask again after the interval (RFC 8628)."},
		{Code: "slow_down", Kind: inv, Cause: "A device asks for its tokens too often.", Remedy: "Wait five seconds longer between two requests from now on."},
		{Code: "expired_token", Kind: inv, Cause: "A device code has expired.", Remedy: "Begin again."},
		{Code: "access_denied", Kind: inv, Cause: "The person did not approve what a device asks for.", Remedy: "Begin again when they want to."},
		{Code: "authorization_over", Kind: con, Cause: "The line of refresh tokens has ended already.", Remedy: "Nothing: it opens nothing any more."},
		{Code: "scope_not_asked", Kind: inv, Cause: "A scope was approved for which the application did not ask.", Remedy: "Approve only what is asked."},
		{Code: "account_not_asked", Kind: inv, Cause: "The application asked for another account.", Remedy: "Choose that account, or start again at the application."},
		{Code: "client_keys_unreachable", Kind: problem.KindUnavailable, Cause: "The client's keys cannot be fetched from its jwks_uri.", Remedy: "See that the address answers over https with a key set."},
		{Code: "signing_key_missing", Kind: problem.KindUnavailable, Cause: "No key signs yet.", Remedy: "Try again in a minute."},
		{Code: "insufficient_scope", Kind: problem.KindForbidden, Cause: "The token lacks the scope that an endpoint of OpenID Connect asks for.", Remedy: "Ask for the scope openid."},
	}
}
