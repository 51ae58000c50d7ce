// Package guestlist is an example of an integration that fills a segment, and keeps
// a copy of what flags say. What Guestright needs to know of it is in the folder
// package.
package guestlist
