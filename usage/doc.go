// Package usage owns the decision records: who called what, when, with which
// outcome. It is the asset behind every chart, export and report.
//
// # Recording
//
// The gateway asks once for a Counter for each grant and operation and keeps it
// next to the credential; Counter.Add then costs a short lock of its own. Counts
// are kept for each minute and written every five seconds at most (Run), into
// minutes, hours and days at once, so that roll-ups are never behind. A graceful
// stop writes everything. kill -9, or a power cut, loses what was not written:
// at most the last five seconds, more only while the database is away.
//
// Memory is bounded: when more than MaxSeries combinations are live, further
// ones are counted under the route "other", first for each grant, then for each
// application, then together. Nothing is dropped.
//
// Queries add what this node has not written yet, so a call shows at once here
// and within five seconds elsewhere.
//
// # Last use
//
// A Stamp keeps when a token, key or grant was last used, by which operation, for
// which account and from which network (IPv4 /24, IPv6 /48, never the whole
// address), the same way. Of grants every network of the last 90 days is kept with
// its last use.
//
// # What calls were about
//
// Of calls that passed it is kept, by day and for a month, on which resource they
// were (About), so that another policy can be tried on them. Of one grant 2,000
// resources a day are told apart; the rest, and what finds no room in memory, only
// counts as calls, so that the gap between the two shows what cannot be judged.
//
// # Tables
//
// usage_series names a combination once; usage_minute, usage_hour and usage_day
// count it; usage_last holds the stamps, usage_place the networks, usage_matter
// what calls were about.
package usage
