// Package trigger executes inbound triggers: an address that nobody can guess,
// which a monitoring service calls, and an instruction that the product then
// carries out on one resource.
//
//	call ──address unknown or switched off──▶ 404
//	  │  ──not shown that it may──▶ 401   ──too many in a minute──▶ 429
//	  ├──the event is a test──▶ written down, nothing changes
//	  └──▶ task trigger.fire of the product ──▶ done | failed, written down
//
// What a package says is where a call holds name, value and address of the event;
// what an account's administrator says is the resource and the instruction; which
// instructions there are, the catalog says. A call without a body, or with one that
// is no JSON, fires as well.
//
// Table: trigger_trigger.
package trigger
