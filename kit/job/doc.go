// Package job does work in the background, at least once. A job is added in
// the transaction that causes it, so it exists exactly when its cause does; its
// handler may run again after a crash and must not mind.
//
//	waiting ──attempt──▶ done (the row goes)
//	   ▲  └──failed, attempts left──▶ waiting, later (exponential, jittered)
//	   │  └──failed, none left──▶ exhausted (kept until Retry or Discard)
//	   └───────────Retry────────────────┘
//
// Jobs stand in lanes: one lane per kind, or per receiver when Options.Lane
// says so. A lane is worked on by one worker of one node at a time, in order of
// due time, so a slow receiver delays nobody else. A node claims due lanes for
// the length of a lease, takes a bounded batch from each, renews while it works
// and lets go. When it dies the lease runs out and another node takes over,
// then one job at a time and counting the attempt beforehand, so that a job
// that kills its process is exhausted too.
//
// A commit wakes this node's runner at once; other nodes look every second.
//
// A unique key collapses requests: while a job with the key waits, adding it
// again changes only its arguments and, to the earlier, its due time; if it is
// running just then, it runs once more.
//
// Tables: job_lane, job, job_schedule.
package job
