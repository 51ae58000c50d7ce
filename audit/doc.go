// Package audit records who did what and when. Each change leaves one entry in
// the transaction that makes it, so there is no change without its entry and no
// entry without its change.
//
//	written ──sealer──▶ sealed (linked into the chains)
//
// A background sealer links entries into two hash chains, one over everything
// and one per account, so that an entry that is altered, removed or put in
// later is found by Verify. It is not done in the causing transaction: each
// link needs the one before it, which would make all operations of the platform
// wait for one row; and a number is drawn when an entry is written while
// transactions commit in another order, so the order is only settled afterwards.
// The sealer takes what has been committed in order of number; a straggler with
// a lower number is linked behind. Whoever can rewrite the whole database can
// rewrite the chain as well: note the head that Verify returns elsewhere.
//
// An entry is seen by members of its group, administrators of its account, the
// user it is about and the operator. It never holds secrets: a secret.Text is
// written as [secret], and a value that contains a credential is refused.
//
// Tables: audit_entry, audit_head.
package audit
