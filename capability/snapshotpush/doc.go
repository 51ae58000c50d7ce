// Package snapshotpush sends the present data of a resource of the product, such as
// an environment, to where a partner's software reads it.
//
//	product ──snapshot──▶ kept (the newest of each resource) ──▶ wanted by each target
//	wanted ──push──▶ reached
//	   ▲  └──failed──▶ wanted, later (from 5 seconds to an hour, or as the partner says)
//	   └── a newer snapshot, switched on, changed, daily repair
//
// Only the newest counts: what comes while a push is under way, or while one waits
// to be tried again, goes with the next push. A target is one resource with what the
// package's form for it asks for, in a configuration. Each is a lane of jobs, so a
// partner that is down holds up nothing else.
//
// Tables: snapshotpush_snapshot, snapshotpush_target.
package snapshotpush
