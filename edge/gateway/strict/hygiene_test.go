package strict

import (
	"net/http"
	"slices"
	"sort"
	"testing"
)

func TestDrops(t *testing.T) {
	t.Parallel()
	hygiene := &Hygiene{Also: []string{"x-integration-id"}, Credentials: true}
	for name, want := range map[string]bool{
		"X-Guestright-Identity": true, "x_guestright_identity": true, "X.Guestright.Identity": true, "Guestright-Account": true,
		"GUESTRIGHT_ACCOUNT": true, "X-Integration-Id": true, "X.Integration.Id": true, "x_integration-id": true,
		"X-Forwarded-For": true, "X_Forwarded_For": true, "X-Forwarded-Anything": true, "Forwarded": true, "X-Real-Ip": true,
		"X.Real.IP": true, "X-Http-Method-Override": true, "X-Original-Url": true, "X-Rewrite-Url": true,
		"Authorization": true, "Proxy-Authorization": true, "True-Client-Ip": true, "Proxy": true,
		"": false, "X": false, "X-Request-Id": false, "Accept": false, "Cookie": false, "Content-Type": false, "Via": false,
		"X-Integration-Ids": false, "Forwarded-Not": false, "Guestrightful": false, "Authorization-Info": false,
	} {
		if got := hygiene.Drops(name); got != want {
			t.Errorf("Drops(%q) = %v", name, got)
		}
	}
	if (*Hygiene)(nil).Drops("Authorization") {
		t.Error("credentials stay unless asked")
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	h := http.Header{
		"X-Guestright-Identity": {"forged"}, "x_guestright_identity": {"forged"}, "X.Guestright.Identity": {"forged"},
		"X-Forwarded-For": {"1.2.3.4"}, "Authorization": {"Bearer x"}, "Accept": {"*/*"},
	}
	RemoveIdentity(h)
	if got := names(h); !slices.Equal(got, []string{"Accept", "Authorization"}) {
		t.Errorf("left: %v", got)
	}
}

// A client cannot have our header removed by naming it in Connection.
func TestRemoveHopByHop(t *testing.T) {
	t.Parallel()
	h := http.Header{
		"Connection": {"close, X-Private , te", "x-guestright-identity"}, "X-Private": {"1"}, "Te": {"trailers"}, "Keep-Alive": {"5"},
		"Upgrade": {"h2c"}, "Trailer": {"X"}, "Transfer-Encoding": {"chunked"}, "Proxy-Authorization": {"x"}, "Accept": {"*/*"},
	}
	RemoveHopByHop(h)
	h.Set("X-Guestright-Identity", "signed")
	if got := names(h); !slices.Equal(got, []string{"Accept", "X-Guestright-Identity"}) {
		t.Errorf("left: %v", got)
	}
}

func names(h http.Header) []string {
	var list []string
	for name := range h {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}
