// Package ident makes and parses typed, prefixed, time-ordered identifiers
// such as app_01jd3w2q9v8c7b6n5m4k3h2g1f. They are names, not secrets.
package ident
