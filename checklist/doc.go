// Package checklist owns the release checklist: what has to be true of a version
// before customers get it, as an object with evidence instead of prose.
//
// A run looks at a version by machine: its package, the addresses that it names, who
// owns the domains, which of its scopes the calls in sandboxes needed, whether a run
// with the least role passed, what happened after a refusal, whether receivers verify
// signatures, whether removing it ended everything. The result is kept with a
// fingerprint of what was looked at, since some of it takes calls to other servers:
// handing a version in reads the kept result, and refuses when there is none, when it
// is old, or when the version has changed.
//
//	run → submitted → marks of a reviewer, item by item → approved | sent back
//
// A version that is sent back keeps the marks; when it is handed in again, the
// reviewer sees what changed since.
//
// Only versions that the operator reviews must pass: what goes to the developers' own
// sandboxes or to a few accounts that are named needs nothing of it.
//
// Tables: checklist_run, checklist_reason, checklist_proof, checklist_submission,
// checklist_mark.
package checklist
