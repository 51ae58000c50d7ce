// Package event is the log of what happened in the accounts: what the product
// says, and our own changes from the audit log.
//
//	sent ──fits its type's schema──▶ accepted (durable, numbered) ──retention──▶ gone
//
// Every account has a log of its own, numbered from 1 without gaps, so that a
// reader sees that something is missing; the whole log is numbered, too, which
// is how delivery follows it. Numbers are given out in the order of commits: a
// reader that has seen one will not find a lower one later.
//
// Whoever calls Publish waits until the events are durable. All calls that wait
// at one time share a transaction. An event with an id of its sender is accepted
// once: sent again it gets the first answer, and with other content Conflict.
//
// Tables: event_event, event_shelf (its directory by account), event_progress,
// event_mute; event_head has the last number of the whole log under "", and those of
// accounts of which events are gone.
package event
