package identity_test

import (
	"testing"

	"github.com/guestright/guestright/identity"
)

func TestPasskeysBelongToAName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		base, origin string
		ok           bool
	}{
		{"https://hub.example.com", "https://hub.example.com", true},
		{"https://hub.example.com:8443/", "https://hub.example.com:8443", true},
		{"http://localhost:8480", "http://localhost:8480", true},
		{"http://127.0.0.1:8480", "http://localhost:8480", true},
		{"http://[::1]:8480", "http://localhost:8480", true},
		{"http://127.0.0.1", "http://localhost", true},
		{"https://192.0.2.7:8443", "https://192.0.2.7:8443", false},
		{"://", "", false},
	} {
		s := &identity.Service{Base: c.base}
		if origin, ok := s.PasskeyOrigin(); origin != c.origin || ok != c.ok {
			t.Errorf("%s: %q %v", c.base, origin, ok)
		}
	}
}
