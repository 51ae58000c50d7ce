// Package profile holds example catalog files for three published API descriptions. They show what a catalog can say, and
// the tests measure the importer with them.
package profile
