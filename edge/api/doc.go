// Package api is the door to the management API: it authenticates, mounts the
// routes of every slice and describes them at /openapi.json.
//
// A request shows who it comes from in one of three ways: the session cookie of
// a person who signed in, a product key (the product and its operator), or a
// token of a grant. Showing two at once is refused. Requests that a browser
// sends from another site are refused unless they carry a token, which browsers
// do not add by themselves.
//
// A token of a grant opens the product through the gateway; here it may ask who
// it is and what calls need, and nothing else.
package api
