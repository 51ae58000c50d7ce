// Package leak owns reports of credentials that stood where they should not.
//
// Whoever holds a credential of ours may report it, without signing in, and
// GitHub's secret scanning does so with a signed message. What is found is ended
// at once, on every node within a second; its owner is told what it did since.
// Whoever reports learns nothing: the answer is the same, and comes at the same
// pace, for what was live, what was not, and what never was a credential.
//
// The checksum of our credentials tells garbage without a look-up, and so does our
// signature under an access token that is a JWT; imported keys are looked up only
// when the beginning of their digest is known.
//
// A leak is kept once for each credential; further reports are counted.
//
// Tables: leak_leak.
package leak
