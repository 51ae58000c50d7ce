// Package manifest holds what integrations describe instead of program. It is
// pure: no store, no network, no clock.
//
// Template is a body that is made of an event: a subset of Handlebars
// (https://handlebarsjs.com/guide/) without partials, hash arguments and
// sub-expressions. Parse bounds its size and depth, Render the work and the
// length of what it makes, so that nobody's template costs more than a request.
package manifest
