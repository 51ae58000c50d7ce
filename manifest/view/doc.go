// Package view shows what has happened in a product to the templates of a
// manifest, under the names that the manifest was written for: our own, or those
// of LaunchDarkly's audit events
// (https://github.com/launchdarkly/integration-framework/tree/main/sample-context).
//
// It is pure. Both views are made of one Change, which is what a product says
// about an event in its data; what it does not say is made of the event itself,
// so that every event can be shown.
package view
