// Package demo runs the whole platform in one process on loopback: Guestright,
// an example product behind its gateway, an example integration, and people of
// all four kinds. It is what `guestright demo` starts. Data live in a folder
// that is temporary unless one is named.
package demo
