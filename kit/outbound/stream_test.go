package outbound

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"testing"

	"github.com/guestright/guestright/kit/problem"
)

// places are names and where they lead.
type places map[string]string

// LookupNetIP implements Resolver.
func (p places) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	a, err := netip.ParseAddr(p[host])
	return []netip.Addr{a}, err
}

// A connection without TLS goes only to where the operator has opened the
// network; one with TLS there and to the internet. Nothing else is dialled.
func TestPlainStreamsNeedAnOpenedNetwork(t *testing.T) {
	t.Parallel()
	names := places{"public.example.com.": "93.184.216.34", "opened.example.com.": "10.20.0.7", "inside.example.com.": "10.30.0.7"}
	opened := []Exception{{Name: "test", Network: netip.MustParsePrefix("10.20.0.0/16")}}
	for _, c := range []struct {
		host  string
		how   Encryption
		with  []Exception
		meets bool
	}{
		{"public.example.com", Upgraded, nil, true}, {"public.example.com", Plain, nil, false}, {"public.example.com", Plain, opened, false}, {"public.example.com", Upgraded, opened, true},
		{"opened.example.com", Plain, opened, true}, {"opened.example.com", Upgraded, opened, true}, {"opened.example.com", Plain, nil, false}, {"opened.example.com", Upgraded, nil, false},
		{"inside.example.com", Plain, opened, false}, {"inside.example.com", Upgraded, opened, false}, {"10.30.0.7", Plain, opened, false}, {"10.20.0.7", Plain, opened, true},
	} {
		dialled, told := 0, 0
		client := newClient(t, Config{Resolver: names, Exceptions: c.with, Report: func(Use) { told++ }, Dial: func(context.Context, netip.AddrPort) (net.Conn, error) {
			dialled++
			near, far := net.Pipe()
			return near, far.Close()
		}})
		conn, err := client.Stream(t.Context(), net.JoinHostPort(c.host, "6379"), c.how)
		_, refused := errors.AsType[*refusedError](err)
		if met := err == nil; met != c.meets || !met && !refused || (dialled > 0) != c.meets {
			t.Errorf("%s, %v, %d exceptions: %v, dialled %d times", c.host, c.how, len(c.with), err, dialled)
		}
		if err == nil {
			_ = conn.Close()
		}
		if want := c.meets && c.host != "public.example.com"; (told > 0) != want {
			t.Errorf("%s, %v: an exception was reported %d times", c.host, c.how, told)
		}
	}
}

// What an address says is judged before anybody calls it.
func TestStreamAddressesAreJudgedAsText(t *testing.T) {
	t.Parallel()
	opened := []Exception{{Name: "test", Network: netip.MustParsePrefix("10.20.0.0/16")}}
	for _, c := range []struct {
		address string
		plain   bool
		with    []Exception
		want    string
	}{
		{"x://public.example.com:6379", false, nil, ""}, {"x://public.example.com:443", false, nil, ""}, {"x://public.example.com", false, nil, ""},
		{"x://public.example.com:22", false, nil, "url_port"}, {"x://public.example.com:1023", false, nil, "url_port"}, {"x://public.example.com:0", false, nil, "url_port"},
		{"x://public.example.com", true, nil, "url_scheme"}, {"x://public.example.com", true, opened, ""}, {"x://10.20.0.7", true, opened, ""},
		{"x://10.30.0.7", true, opened, "url_address"}, {"x://127.0.0.1", false, nil, "url_address"}, {"x://localhost", false, nil, "url_host"},
		{"x://u:p@public.example.com", false, nil, "url_userinfo"}, {"x://public.example.com#x", false, nil, "url_fragment"}, {"x:opaque", false, nil, "url_invalid"}, {"x://", false, nil, "url_invalid"},
	} {
		u, err := url.Parse(c.address)
		if err != nil {
			t.Fatal(err)
		}
		if got := problem.CodeOf(newClient(t, Config{Exceptions: c.with}).CheckStream(u, c.plain)); got != c.want {
			t.Errorf("%s, plain %t: %q, want %q", c.address, c.plain, got, c.want)
		}
	}
}
