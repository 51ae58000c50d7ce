// Package axe carries the accessibility checker that the page tests run in a real browser.
// Nothing outside tests may import it: the binary does not ship it.
package axe

import _ "embed"

// Source is axe-core's minified build; version and licence stand in ../manifest.json.
//
//go:embed axe.min.js
var Source string
