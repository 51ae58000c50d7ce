// Package sandbox is what developers do with the sandbox accounts of their group:
// let an event happen there that did not, and have the API fail or be late.
//
// A sandbox is an account of kind sandbox that belongs to a group. Members of the
// group see it, its administrators use it; for everybody else, and for any other
// account, it is absent.
//
// Table: sandbox_simulation.
package sandbox
