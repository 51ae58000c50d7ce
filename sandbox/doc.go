// Package sandbox is what developers do with the sandbox accounts of their group:
// make one, have the product fill it and put it back to the beginning, let an event
// happen there that did not, and have the API fail or be late.
//
// A sandbox is an account of kind sandbox that belongs to a group. Members of the
// group see it, its administrators use it; for everybody else, and for any other
// account, it is absent. One that the group made stays a sandbox of the group,
// whatever the product tells of it, and the people of the group are its people.
//
// What the product is asked goes through package host, one thing at a time:
//
//	waiting → done | failed → waiting (asked again)
//
// Tables: sandbox_simulation, sandbox_asked.
package sandbox
