// Package access decides "may A do B to C". It is pure: no store, no HTTP, no clock, so every door and every page can
// ask the same question and get the same answer.
//
//	Needs      what an operation requires: an and/or expression over scopes and entitlements
//	Program    Needs compiled for the hot path
//	Resource   one concrete thing, by its path and what is known about it
//	Policy     statements that allow or deny actions on resources; Rules is its compiled form
//	Layer      the compiled policies of one source of authority; any of them may allow
//	Principal  who asks, and what they hold
//	Decide     Needs + scopes + layers + resource → Verdict
//
// Nothing is allowed by default. Inside one policy deny wins; policies inside one layer combine by allow-if-any; layers
// combine by and, so that a further layer can only narrow.
package access
