// Package catalog holds what the operator offers: the routes of the product, what each call requires, and the words in
// which developers and administrators read it. It is pure: files arrive as bytes or as an fs.FS, the clock as a time.
//
//	File      the operator's own file: product, overrides, scopes, entitlements, privileges, rules, plans
//	Set       the product's OpenAPI 3.0 or 3.1 documents
//	Import    Set + File → Catalog and Coverage
//	Catalog   immutable: the routes in a trie, and the registry of names; swapped as a whole
//	Coverage  where each requirement came from, and what is left open
//	Show      what one call needs, the same expression that Match hands to the gateway
//	Compare   what changed between two catalogs; Preview says which grants gain or lose calls
//	Write     a first catalog file for a product that has none
//
// A requirement comes from the first of these that says anything: the file's own entry for the operation, an
// x-guestright-* extension, the operation's security scopes, a prose rule, the default by method and resource. Where none
// does, or where the text can be read in two ways, the operation stays unmapped: it is refused until somebody declares it.
package catalog
