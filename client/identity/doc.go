// Package identity verifies the signed header with which Guestright names the caller of a request to a product.
//
// Guestright removes the third party's token from every call it lets through and puts one header in its place,
// Guestright-Identity: a compact JWT (RFC 7519), signed with EdDSA or ES256, valid for at most sixty seconds and
// addressed to one upstream. A product that serves a request without this header, or with one it could not verify,
// has no access control at all. Wrap its handler:
//
//	v := &identity.Verifier{
//		Issuer:   "https://guestright.example.com",
//		Audience: "https://api.internal.example.com",
//		JWKSURL:  "https://guestright.example.com/.well-known/jwks.json",
//	}
//	http.ListenAndServe(addr, v.Middleware(product))
//
// Inside, identity.From(r.Context()) says who calls. The product must still compare Identity.Account with the account
// that the request addresses, and answer 404 when they differ.
//
// Package identitytest signs such headers, so that a product can be tested without Guestright.
package identity
