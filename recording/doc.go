// Package recording owns recordings: a developer tries an application in a sandbox
// account of the group's own with a token that passes every operation there, and
// is told what the calls needed.
//
//	running → ended
//
// A recording is a grant of kind recording, without a role and with every scope
// and entitlement of the catalog. It lasts 24 hours at most, opens one account,
// and only while that is a sandbox of the group that owns the application: that is
// checked when it starts, and by token.Authenticator at every call. Operations of
// which nobody has said what they require stay closed. What was called is counted
// by package usage, as for every grant; the proposal is drawn from there.
//
// Tables: recording_recording.
package recording
