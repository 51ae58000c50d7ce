// Package approval lets a system outside decide on changes in the product. The
// product asks for an approval and holds the change back; the platform opens it at
// the partner, asks how it stands every five minutes, and has the product carry the
// change out once it was approved.
//
//	sending ──opened──▶ pending ──▶ approved ──the product did it──▶ applied
//	  │  ▲                │  │          └──it did not──▶ failed ──asked again──▶ applied
//	  ▼  └─sent again─┐   │  ├──▶ declined
//	not_sent ─────────┘   │  └──the partner does not know it──▶ lost
//	sending, not_sent, pending, failed ──▶ withdrawn
//
// What cannot be asked, or cannot be read, changes nothing: it is never an approval.
// A request that may have reached the partner is not sent again by itself. The
// partner is told of what was applied or withdrawn, again and again until it hears.
//
// Tables: approval_approval, approval_call, approval_scope, approval_directory.
package approval
