// Package manifest holds what integrations describe instead of program. It is
// pure: no store, no network, no clock. Its data are in manifest/value, its
// templates in manifest/template.
package manifest
