// Package suspension owns what the operator stops for all customers at once: an
// application, everything of a developer group, or one kind of an application's
// tokens. Every node refuses the next call within a second.
//
//	active → thawing (works again in some accounts) → lifted
//	active → lifted (by hand, or at its date)
//
// The administrators of the accounts that it concerns are told in the operator's
// words, step by step in the background; so are they when it works again with
// them. Developers and operators can write to one another about it, and what was
// called since a time can be downloaded as evidence.
//
// Tables: suspension_suspension, suspension_message.
package suspension
