// Package launchdarkly translates integration manifests between the form that
// LaunchDarkly's framework reads and the neutral one, both as JSON trees. One
// table says which member goes where; reading, writing and the way back of a
// JSON pointer all follow it, so nothing is lost and no rule is written twice.
package launchdarkly
