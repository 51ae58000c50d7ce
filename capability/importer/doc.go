// Package importer brings in what a customer has elsewhere. The package names a
// driver, which knows how the partner lists things; what was filled in says whose.
//
//	read from the partner, page by page ──▶ preview, nothing has changed
//	preview ──Start──▶ running, by tasks import.create of the product ──▶ done | failed
//
// Nothing is written at the partner's, and the product makes only what it has not.
//
// Table: importer_run.
package importer
