// Package eventhook tells a partner of what happens in the product, in the
// partner's own form. It owns no delivery: each hook of a configuration is an
// endpoint of the webhook slice, with its log, its retries, its circuit and its
// replays; this package says which events are wanted and makes the requests.
package eventhook
