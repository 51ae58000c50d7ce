// Command guestright is the whole product in one program. It parses the command
// line and calls package server; nothing is decided here.
package main
