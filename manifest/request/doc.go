// Package request makes the calls of an integration to its partner: method,
// address, headers and body, from the templates of a package, what was filled in
// and what has happened. It sends nothing, and it is pure: the same for a
// delivery, a preview and a trial.
package request
