// Package server wires the house together and runs it; it is the only package
// that knows everybody. Config says what the operator may set, Open builds the
// slices in ladder order, App.Run serves until its context ends.
//
// Four listeners, because their callers trust each other differently: the public
// one (console, management API, OAuth), the gateway (third-party calls), the
// checks (forward-auth and Envoy, for the operator's own proxies) and the
// watch listener (health, metrics) on loopback.
package server
