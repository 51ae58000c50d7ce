// Package gallery shows every component of package page with invented content, in light and dark,
// for tests and for whoever changes the design. The binary does not ship it.
package gallery
