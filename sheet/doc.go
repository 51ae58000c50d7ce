// Package sheet writes the customer sheet of an application's version: all that a
// customer's administrator needs to know, in the product's own words. Nothing of
// it is entered for the sheet. It is put together, whenever somebody asks, from
// the version, its package, the catalog, the verification and the limits in
// force, so that it cannot fall behind.
//
// It owns no table.
package sheet
