// Package problem holds the one error type of Guestright. Slices return it,
// kit/web turns it into an HTTP status and an RFC 9457 document, the console
// into words. Any other error counts as Internal.
package problem
