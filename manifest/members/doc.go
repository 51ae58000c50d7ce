// Package members reads who belongs to a collection from what a partner posts in
// a form of its own, as a manifest's parser describes it.
//
// Batches may be long: one is read as a stream, several times, and what is held in
// memory does not grow with the number of members. It is pure.
package members
