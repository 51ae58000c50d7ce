package insight

import (
	"slices"
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a Narrowing.
type ID = ident.ID[Narrowing]

// Narrowing is a proposal that was applied.
type Narrowing struct {
	ID     ID        `json:"id"`
	Grant  string    `json:"grant"`
	Before []string  `json:"before" nullable:"false"`
	After  []string  `json:"after" nullable:"false"`
	Made   time.Time `json:"made"`
	By     string    `json:"by"`
	Undone time.Time `json:"undone,omitzero"`
}

// IDPrefix implements ident.Named.
func (Narrowing) IDPrefix() string { return "nrw" }

// undoable reports whether taking it back would only take back this.
func (n Narrowing) undoable(scopes []string) bool {
	return n.Undone.IsZero() && slices.Equal(sorted(scopes), sorted(n.After))
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con, inv := problem.KindConflict, problem.KindInvalid
	return []problem.Declared{
		{Code: "proposal_outdated", Kind: con, Cause: "Use or scopes have changed since the proposal was read.", Remedy: "Read the report again."},
		{Code: "narrowing_over", Kind: con, Cause: "There is no narrowing to take back: the scopes were changed since, or it was taken back.", Remedy: "Change the scopes where they are edited."},
		{Code: "not_narrowed", Kind: inv, Cause: "Grants of this kind are not narrowed by scopes.", Remedy: "Change the roles or the policy of the holder."},
		{Code: "dry_run_invalid", Kind: inv, Cause: "The dry run does not say what would change.", Remedy: "Name a role, a grant or a member, one of them, and what they would have."},
	}
}

func errOutdated() error {
	return problem.Conflict("proposal_outdated", "Something has changed since you read this. Look at it again.")
}

func errOver() error {
	return problem.Conflict("narrowing_over", "There is nothing to take back: the scopes have changed since.")
}

func errNotNarrowed() error {
	return problem.Invalid("not_narrowed", "What this holder may do follows from roles and policies, not from scopes that can be taken away here.")
}
