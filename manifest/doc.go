// Package manifest holds what integrations describe instead of program. It is
// pure: no store, no network, no clock.
//
// A Package is the neutral model: what an integration is (Listing), what it asks
// for (Connection, Forms) and what it can do (a type for each capability). Its
// JSON is our own form of a manifest; LaunchDarkly's form is read into the same
// model by manifest/launchdarkly and written again without loss. Parse reads
// either. What is wrong is said as Findings: of the schema here, of everything
// else by manifest/lint.
//
// Forms, Sheets and Values are what people fill in. Data of templates are in
// manifest/value, templates in manifest/template.
package manifest
