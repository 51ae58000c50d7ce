// Package announcement is what the operator tells developers and administrators:
// a text with an audience and a time, in their inboxes and as a feed.
//
//	planned → shown → over (by its end, or withdrawn)
//
// Whom it reaches is worked out when it is published or changed, and every hour
// while it is shown, so that a group that changes its plan hears of it too.
package announcement
