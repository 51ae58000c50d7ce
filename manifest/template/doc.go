// Package template makes text of data: a subset of Handlebars
// (https://handlebarsjs.com/guide/) without partials, hash arguments and
// sub-expressions. It is pure: no store, no network, no clock.
//
// Parse bounds the size and depth of a template, rendering the work and the
// length of what it makes, so that nobody's template costs more than a request.
package template
