// Package host is how the product is asked to do things: turn something on, apply
// a change that was approved, take in members, give a snapshot. It is the one
// channel for that, whoever asks.
//
//	waiting ──given out──▶ taken ──done──▶ done
//	   ▲                    │ ├──failed, to be tried again──▶ waiting, later
//	   ├──the lease ran out─┘ └──failed for good──▶ failed ──Retry──▶ waiting
//	   └──given out too often or too old──▶ failed
//
// A task is asked for in the transaction that wants it, and given out at least
// once: its id is how the product knows it again. The product takes tasks by a
// request that waits for them, or is called at an address of its own. Tasks with
// one key, of one account, are given out one after another: one that has to wait
// holds up its key and nothing else.
//
// Whoever asked hears of the outcome in the transaction that notes it.
//
// Table: host_task.
package host
