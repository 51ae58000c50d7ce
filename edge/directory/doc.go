// Package directory is the door for everybody: the public pages of the directory,
// the customer sheets, and a fragment for the product's own console. It knows no
// sessions, runs no scripts, and answers all readers alike.
package directory
