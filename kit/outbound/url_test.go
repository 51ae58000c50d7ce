package outbound

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/problem"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{OwnNames: []string{"Api.Guestright.example."}})
	for _, u := range []struct{ raw, code string }{
		{"https://example.com", ""},
		{"https://example.com/hook?x=1&y=%20", ""},
		{"HTTPS://EXAMPLE.com:443/", ""},
		{"https://example.com:8443/", ""},
		{"https://8.8.8.8/", ""},
		{"https://[2606:4700::1111]/", ""},
		{"https://xn--mnchen-3ya.de/", ""},
		{"https://my_host.example.com/", ""},

		{"", "url_invalid"},
		{"example.com/hook", "url_invalid"},
		{"https://exa mple.com/", "url_invalid"},
		{"https://example.com/\n", "url_invalid"},
		{`https:\\example.com`, "url_invalid"},
		{"https:example.com", "url_invalid"},
		{"https:///hook", "url_invalid"},

		{"http://example.com/", "url_scheme"},
		{"file:///etc/passwd", "url_scheme"}, // S-17
		{"gopher://example.com/", "url_scheme"},
		{"unix:/run/x.sock", "url_scheme"},
		{"javascript:alert(1)", "url_scheme"},
		{"data:text/plain,x", "url_scheme"},

		{"https://example.com:80/", "url_port"},
		{"https://example.com:22/", "url_port"},
		{"https://example.com:0443/", "url_port"},
		{"https://example.com:99999/", "url_port"},
		{"https://example.com:/", "url_port"},
		{"https://example.com:https/", "url_port"},

		{"https://user@example.com/", "url_userinfo"},
		{"https://user:pw@example.com/", "url_userinfo"},
		{"https://example.com@evil.example.org/", "url_userinfo"},
		{"https://example.com/#frag", "url_fragment"},
		{"https://example.com/#", "url_fragment"},

		{"https://127.0.0.1/", "url_address"},             // S-01
		{"https://127.1/", "url_address"},                 // S-02
		{"https://2130706433/", "url_address"},            //
		{"https://0x7f000001/", "url_address"},            //
		{"https://0x7f.0.0.1/", "url_address"},            //
		{"https://0177.0.0.1/", "url_address"},            //
		{"https://127.0.0.1./", "url_address"},            //
		{"https://foo.0x1/", "url_address"},               //
		{"https://0.0.0.0/", "url_address"},               // S-03
		{"https://0.1.2.3/", "url_address"},               //
		{"https://10.0.0.1/", "url_address"},              // S-04
		{"https://192.168.1.1/", "url_address"},           //
		{"https://172.16.0.1/", "url_address"},            //
		{"https://169.254.169.254/latest", "url_address"}, // S-05
		{"https://[fd00:ec2::254]/", "url_address"},       //
		{"https://[::1]/", "url_address"},                 // S-06
		{"https://[::]/", "url_address"},                  //
		{"https://100.64.0.1/", "url_address"},            // S-07
		{"https://[::ffff:127.0.0.1]/", "url_address"},    // S-08
		{"https://[::ffff:7f00:1]/", "url_address"},       //
		{"https://[2002:7f00:1::1]/", "url_address"},      // S-09
		{"https://[64:ff9b::7f00:1]/", "url_address"},     // S-10
		{"https://[2001:0:1:2:3:4:5:6]/", "url_address"},  //
		{"https://[fe80::1%25eth0]/", "url_address"},      // S-11
		{"https://[fec0::1]/", "url_address"},             //
		{"https://[fc00::1]/", "url_address"},             //
		{"https://224.0.0.1/", "url_address"},             // S-12
		{"https://255.255.255.255/", "url_address"},       //
		{"https://168.63.129.16/", "url_address"},         // S-13
		{"https://198.18.0.1/", "url_address"},            // S-14
		{"https://[127.0.0.1]/", "url_address"},           //
		{"https://[]/", "url_address"},                    //

		{"https://example.com./", "url_host"},               // S-15
		{"https://１２７.0.0.1/", "url_address"},               // full-width digits, still ends in a number
		{"https://１２７.０.０.１/", "url_host"},                  //
		{"https://exämple.com/", "url_host"},                //
		{"https://example。com/", "url_host"},                // ideographic full stop
		{"https://xn--example-.com/", "url_host"},           // GO-2026-5026
		{"https://xn--.com/", "url_host"},                   //
		{"https://ab--cd.com/", "url_host"},                 //
		{"https://localhost/", "url_host"},                  // S-16
		{"https://foo.localhost/", "url_host"},              //
		{"https://metadata.google.internal/", "url_host"},   //
		{"https://printer.local/", "url_host"},              //
		{"https://intranet/", "url_host"},                   //
		{"https://a..b.com/", "url_host"},                   //
		{"https://-a.com/", "url_host"},                     //
		{"https://a,b.com/", "url_host"},                    //
		{"https://api.guestright.example/", "url_own_host"}, // S-18
	} {
		if got := problem.CodeOf(c.CheckURL(u.raw)); got != u.code {
			t.Errorf("%q: %q, want %q", u.raw, got, u.code)
		}
	}
}

func TestPolicyWidensWhatItNames(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{})
	wide := c.Under(Policy{Name: "product", Plain: true, Ports: []uint16{8080}})
	for raw, code := range map[string]string{
		"http://example.com/": "", "http://example.com:8080/": "", "https://example.com:8080/": "",
		"http://example.com:22/": "url_port", "http://127.0.0.1/": "url_address", "ftp://example.com/": "url_scheme",
	} {
		if got := problem.CodeOf(wide.CheckURL(raw)); got != code {
			t.Errorf("%q: %q, want %q", raw, got, code)
		}
	}
	if problem.CodeOf(c.CheckURL("http://example.com/")) != "url_scheme" {
		t.Error("the policy leaked into the client it was made from")
	}
}

func TestRefusalsAreDeclaredAndDoNotRepeatTheURL(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{})
	known := map[string]bool{}
	for _, d := range Declared() {
		known[d.Code] = true
	}
	for _, raw := range []string{"https://s3cret@example.com", "https://s3cret/", "s3cret:x", "https://a.com:s3cret/", "https://[s3cret]/"} {
		e := problem.Of(c.CheckURL(raw))
		if e == nil || !known[e.Code] {
			t.Errorf("%q: %v", raw, e)
			continue
		}
		if got := e.Error(); len(got) == 0 || strings.Contains(got, "s3cret") {
			t.Errorf("%q is repeated: %s", raw, got)
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, s := range []string{"https://example.com", "https://[::1]/", "https://1.2.3.4:8443/x?y#z", "https://xn--a-.b/"} {
		f.Add(s)
	}
	c, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := c.parse(raw)
		if err != nil {
			return
		}
		// What passes is either a public address or an ordinary name.
		a, aerr := netip.ParseAddr(got.host)
		if aerr == nil && c.judge(a.Unmap()).refused != "" {
			t.Fatalf("%q leads to %s", raw, a)
		}
		if aerr != nil && !publicName(got.host) {
			t.Fatalf("%q leads to %q", raw, got.host)
		}
		if got.url.Scheme != "https" || got.url.User != nil || got.url.Fragment != "" {
			t.Fatalf("%q passed", raw)
		}
	})
}
