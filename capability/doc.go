// Package capability is the seam for what an integration can do: a new capability
// is one folder below this one and one line in the server.
package capability
