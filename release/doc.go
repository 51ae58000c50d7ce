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
// Tables: release_version.
package release
