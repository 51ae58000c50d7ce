// Package storesync keeps a store of the customer's own filled with who belongs to
// which cohort, so that their programs can ask where they run.
//
//	a cohort changes ─▶ job of each live configuration ─▶ what is new since the
//	the store is empty, or another one ─▶ everything       version it has
//
// Everything that is written may be written again. A cohort that is written whole
// takes the place of what was there in one step. What can't be reached is tried
// again and again; the newest counts.
//
// What stands in Redis, all behind a prefix that the administrator chooses:
//
//	PREFIX:cohorts                hash: resource → {"version":…,"members":…,"name":…,"subject_kind":…}
//	PREFIX:{RESOURCE}:members     set: ids of those who belong
//	PREFIX:synchronized_on        Unix milliseconds; the store was up to date then
//	PREFIX:mark                   which configuration fills it
//
// And in DynamoDB, by namespace and key:
//
//	PREFIX:cohorts         RESOURCE         set, version, members, name, subject_kind;
//	                                        stale: sets that go, and since when
//	PREFIX:{RESOURCE}:SET  MEMBER           of the set that the cohort's item names
//	PREFIX:state           synchronized_on  value; likewise mark
//
// Tables: storesync_state, storesync_cohort.
package storesync
