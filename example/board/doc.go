// Package board is an integration that is nothing but a package: a manifest and
// templates in the folder package, which the platform executes, and a server that
// takes what it sends. The server is the whole of it for its developers.
package board
