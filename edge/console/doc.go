// Package console is the door for people: sign-in and the pages on which developers, administrators
// and the operator do everything that the API offers.
//
// A page is one handler: it calls operations of the slices with the principal of the session, fills a
// view struct and renders a template. There are no rules and no SQL here; what a person may not do is
// refused by the operation and explained by fault.go.
//
// Every form is a plain POST that works without a script. It passes http.CrossOriginProtection at the
// door, carries a token that is bound to the session and the form's address and works once, and
// answers with a redirect (303) and a flash; secrets are the exception: they stand on the answer
// itself, which is never stored, because there is nowhere to show them again.
//
// To add a page: write a handler func(v *visit) error in a file named for its noun, add its line in
// that file's routes function, and list that function in Mount.
package console
