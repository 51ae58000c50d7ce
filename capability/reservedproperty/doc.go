// Package reservedproperty offers the keys of properties that integrations have
// reserved on the product's resources, so that people pick them from a list. It
// calls nobody and stores nothing: the keys stand in the packages, and the values
// are the product's. A key is one integration's in an account.
package reservedproperty
