package capability

import (
	"net/http"
	"net/url"

	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/manifest/request"
)

// Request makes a call ready to be sent.
func Request(c request.Call) outbound.Request {
	out := outbound.Request{Method: c.Method, URL: c.URL, Body: c.Body, Header: http.Header{}}
	for _, h := range c.Header {
		out.Header.Add(h.Name, h.Value)
	}
	return out
}

// Host is where an address leads, for people: path, query and user may hold
// secrets. "" when it cannot be told.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
