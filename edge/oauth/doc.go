// Package oauth is the door at which applications obtain tokens (RFC 6749). Its
// errors have OAuth's own shape (section 5.2), with one more member, code, that
// tells causes apart which OAuth lumps together: a wrong secret from an
// application that is not installed in the account.
//
// There is no implicit and no password grant.
package oauth
