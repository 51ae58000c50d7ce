// Package quota owns the limits of developer groups: the plan a group is on,
// the overrides it was granted, the buckets its calls are counted in and the
// number of accounts its applications may be installed in.
//
// # Buckets
//
// Every limit of a plan becomes one bucket for each holder of its scope: the
// group, the application, the application in one account, or the key. A call is
// taken from all its buckets or from none. The buckets of one group share one
// short lock, so nothing has to be refunded and one node never lets more
// through than allowed.
//
// Four shapes:
//
//   - rolling: at most n in any stretch of the given length. The default for
//     short limits that reject.
//   - gcra: n at once, then one every length/n (the generic cell rate algorithm
//     of ATM Forum TM 4.0, 4.4.2). The default for short limits that delay.
//   - fixed: a window that begins with the first call. The default for long ones.
//   - month: a calendar month, UTC.
//
// The last two are kept in the database: a node reserves a slice (a hundredth of
// the limit, at least one call and at most 10,000) before it spends it, and asks
// for the next when half of it is left, so that calls seldom wait. kill -9
// therefore costs a group at most one slice of each limit and never gives a call
// back: no more calls pass than the limit allows. Nodes share a long limit by
// these slices and divide a short one by the number of live nodes. Without the
// database a node goes on with its last share and raises an alarm; only what it
// spends then is forgotten when it is killed before the database is back.
//
// # Tables
//
// quota_plan, quota_override, quota_window, quota_node, quota_site_count,
// quota_site.
package quota
