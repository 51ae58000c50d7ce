// Package identity owns people: who they are, how they prove it, and where they
// are signed in.
//
//	sign-up → unverified ─┐
//	named by the product → invited ─┴→ active ⇄ deletion_requested → deleted
//
// # Addresses
//
// An address is proven by a mailed link together with the password of that
// sign-up. So a stranger who signs up with another's address gains nothing when
// its owner opens the link. Every answer before a sign-in is the same for known
// and unknown people, and takes the same time; whoever owns the address is told
// by mail. An e-mail address never links anything by itself: people of the
// operator's provider are known by issuer and subject (RFC 7519 section 4.1).
//
// # Sessions
//
// A session is a row; the cookie holds a random secret of 256 bits and the row
// its keyed digest. That is why sessions are kept here and not by a library:
// those store the secret itself as the key, and cannot list the sessions of one
// person. A session ends after 30 minutes without use (to the minute), after
// 12 hours in any case, at sign-out, when the password changes, when another
// sign-in takes its browser, and when its person loses a role. It gets a new
// secret at every sign-in, confirmation and change of password. Authenticator
// remembers principals for at most a minute and forgets by the change feed.
//
// # Limits
//
// Attempts are counted in the database by account and by network before they
// are tried, so neither restarts nor further nodes give more of them. Hashing is
// bounded besides, see package password.
//
// # Deletion
//
// A wish to be deleted is confirmed by a mailed link, ends all sessions and
// waits 20 days; signing in takes it back. Then the row is emptied and every
// credential removed; the id stays, because records name it.
//
// Tables: identity_user, identity_session, identity_link, identity_terms,
// identity_totp, identity_recovery, identity_passkey, identity_subject,
// identity_spent, identity_throttle, identity_setup.
package identity
