// Package release owns the versions of applications. A version says what an
// installation asks of an account: required and optional scopes, each with the
// developer's reason, and the names it would like its integration user and role
// to have. Every installation pins one.
//
//	draft → live → retired
//
// A draft can be edited and is installable in the group's own sandbox accounts;
// a live version never changes.
//
// It also owns verification: the operator's review of an application. Until it is
// verified, only members of its own developer group can sign in with it, in the
// group's sandbox accounts.
//
//	draft → submitted → in_review → verified | rejected
//	verified → draft (something it rests on changed) → submitted …
//	verified ⇄ suspended;  rejected → submitted
//
// What a review covered goes on holding after a change; only what is new waits.
//
// A version can have a package: the integration's manifest with its templates and
// icons. It changes with the draft only.
//
// Tables: release_version, release_package, release_verification.
package release
