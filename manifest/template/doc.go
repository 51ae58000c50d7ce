// Package template makes text of data: a subset of Handlebars
// (https://handlebarsjs.com/guide/) without partials, hash arguments, block
// parameters and sub-expressions. It is pure: no store, no network, no clock.
//
// Parse reads a template once; rendering is fast and safe for concurrent use. A
// Dialect says what the output is and how it is escaped. Parse bounds the size and
// depth of a template, rendering the work and the length of what it makes, so that
// nobody's template costs more than a request.
//
// Where Handlebars.js and the Go ports of it differ: lists print with commas,
// objects as compact JSON and in document order, whole numbers never in exponent
// form, equal compares texts, an absent argument of a helper is empty, and each
// each and with is one step of ../ whatever it goes over.
package template
