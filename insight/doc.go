// Package insight compares what was granted with what is used, and says what a
// change of rights would have refused.
//
//	report      of each grant: which scopes and entitlements were used, how often
//	            and when last, and the narrower set that would have done
//	narrowing   a proposal that was applied; it can be taken back while nothing
//	            else has changed the scopes since
//	dry run     recorded calls decided anew under other scopes, another role or
//	            other roles of a member
//
// It owns no rights: what it changes, it changes through the slice that owns the
// holder (package integration, package private), whose rules hold.
//
// Tables: insight_narrowing.
package insight
