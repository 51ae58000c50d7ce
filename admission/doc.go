// Package admission owns which applications may be installed in an account: its
// mode, its lists, and the requests of those who may not install by themselves.
//
//	request  open → approved (installed in the same transaction) | denied | withdrawn
//
// A child account is bound by its own rules and by those of its parent; the
// stricter counts. What is on a block-list is stopped where it is installed, and
// nothing is uninstalled. The operator's own rules come before all of these.
//
// An installation can be given an end, and an account can have what is installed
// confirmed every so many days: what ends, or is not confirmed, is stopped likewise.
//
// Tables: admission_policy, admission_listed, admission_request, admission_cycle,
// admission_stay.
package admission
