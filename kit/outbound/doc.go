// Package outbound holds the only HTTP client for addresses that strangers give
// us: webhook endpoints, templated requests, icons, key sets.
//
// An address is judged twice: as text when it is registered and before each use
// (CheckURL), and as a concrete IP address when the connection is made. The
// second is what counts: a name may resolve to something else every time. The
// judgement cannot be switched off. What an operator may do is name a network
// that is otherwise refused (Exception, reported at every use) or widen schemes
// and ports for one purpose (Policy). The demo reaches its own programs through
// exact loopback addresses (NewDemo).
//
// The client follows no redirect, uses no proxy from the environment, speaks
// TLS 1.2 or later, decompresses nothing, and reads a bounded part of the answer
// within one total time. Short bodies go out on lines, connections without the two
// goroutines that net/http's transport has for each. Longer ones and those of
// libraries are left to that transport.
package outbound
