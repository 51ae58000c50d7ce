// Package webhook brings events to the servers of integrations: endpoints, what
// they subscribe to, and every delivery with its attempts.
//
//	event ──wanted──▶ lane (memory) ──2xx──▶ delivered
//	                    │  └──failed──▶ waiting ──due──▶ lane … ──ladder used up──▶ exhausted
//	                    └──full, or circuit open──▶ waiting
//	waiting ──grant ended──▶ dropped        delivered, exhausted ──replay──▶ waiting
//
// One node at a time is the courier: it follows the log and keeps a lane per
// endpoint. A delivery has a row from its first attempt on, or from when it has
// to wait; rows are written in groups, together with the number up to which
// every event has a row for every receiver. See
// docs/decisions/0017-events-and-their-delivery.md.
//
// An endpoint's circuit is closed, open (events wait), or half open (one probe
// is under way). Requests are signed as Standard Webhooks say
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
//
// An endpoint whose address is a message broker's gets the same messages through
// package broker, with the same headers, attempts and circuit.
//
// Tables: webhook_endpoint, webhook_subscription, webhook_circuit,
// webhook_delivery, webhook_shelf (its directory by endpoint), webhook_progress,
// webhook_attempt, webhook_replay, webhook_count, webhook_courier, webhook_key,
// webhook_test.
package webhook
