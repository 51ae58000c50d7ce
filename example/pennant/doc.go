// Package pennant is a small feature-flag service: accounts hold projects, projects hold environments and flags, and
// each environment says whether a flag is on and for whom. It stands for the product that an operator puts behind
// Guestright, so it is written as such a product would be: a JSON API described in openapi.yaml, a database file of its
// own, change events, and a stream of them.
//
// Pennant has no sign-in for programs. It serves an API request only with the identity that Guestright signs for it
// (package client/identity), refuses everything else with 401, and answers 404 where the account in the path isn't
// the account of the identity. What a caller may do inside the account is decided before the request arrives.
//
// Guestright reaches Pennant at one more address, POST /guestright/hooks, to create and remove integration users and
// roles when an administrator installs or removes an application. It is guarded by a shared secret.
//
// What integrations ask of Pennant it takes from Guestright as tasks (package client/host): a trigger turns a flag on or off,
// a developer's sandbox is opened and put back to the beginning.
//
// Everything lives in one SQLite file. Each change and its event are one transaction; the stream reads what was
// committed, so a listener that reconnects with Last-Event-ID misses nothing.
package pennant
