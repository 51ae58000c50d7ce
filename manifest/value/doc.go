// Package value holds JSON data as integrations see them: numbers as they were
// written, members in their order, and RFC 6901 pointers into them. It is pure.
package value
