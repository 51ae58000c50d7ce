package server_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/webhook"
)

// inside are addresses that a stranger's name must not lead to, with the cases
// that name them.
var inside = []struct{ addr, row string }{
	{"127.0.0.1", "S-01"}, {"127.9.9.9", "S-01"}, {"0.0.0.0", "S-03"}, {"0.1.2.3", "S-03"}, {"10.0.0.5", "S-04"}, {"172.16.0.9", "S-04"}, {"192.168.7.7", "S-04"},
	{"169.254.169.254", "S-05"}, {"fd00:ec2::254", "S-05"}, {"::1", "S-06"}, {"::", "S-06"}, {"100.64.3.2", "S-07"}, {"100.100.100.200", "S-07"},
	{"::ffff:127.0.0.1", "S-08"}, {"::ffff:169.254.169.254", "S-08"}, {"2002:7f00:1::1", "S-09"}, {"64:ff9b::7f00:1", "S-10"}, {"64:ff9b:1::a00:5", "S-10"},
	{"fe80::1", "S-11"}, {"fec0::1", "S-11"}, {"fc00::1", "S-11"}, {"fd00::5", "S-11"}, {"168.63.129.16", "S-13"}, {"198.18.0.1", "S-14"}, {"240.0.0.1", "S-14"},
	{"192.0.2.9", "S-14"}, {"2001:db8::9", "S-14"}, {"2606:2800:220:1:0:5efe:a00:5", "S-14"},
}

// outpost is a house in a network of its own, with endpoints of an account.
type outpost struct {
	*servertest.House
	t     *testing.T
	net   *internet
	admin access.Principal
	acc   account.Account
	made  int
	token string
	grant string
	ids   map[string]webhook.ID // by host
}

func newOutpost(t *testing.T, n *internet) *outpost {
	t.Helper()
	o := &outpost{House: servertest.Start(t, servertest.Options{Clock: storetest.NewClock()}), t: t, net: n, ids: map[string]webhook.ID{}}
	o.admin, o.acc = o.Customer("harbour", account.Production)
	return o
}

// asks creates an endpoint over the API, with a private integration's token. One
// may have twenty, so that more of them come and go.
func (o *outpost) asks(raw string) servertest.Answer {
	o.t.Helper()
	if o.made%webhook.EndpointsMost == 0 {
		c, token := privately(o.t, o.House, o.admin, o.acc, private.Draft{Name: fmt.Sprint("Sync ", o.made), Scopes: []string{"flags.read"}})
		o.token, o.grant = token, c.Grant
	}
	r, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, o.URL+"/v1/grants/"+o.grant+"/webhook-endpoints", strings.NewReader(fmt.Sprintf(`{"url":%q,"types":["flag.turned_on"]}`, raw)))
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+o.token)
	r.Header.Set("Content-Type", "application/json")
	return o.Do(r)
}

// hears creates an endpoint at a name.
func (o *outpost) hears(name, path string) {
	o.t.Helper()
	o.hearsAt(name, "https://"+name+path)
}

func (o *outpost) hearsAt(name, raw string) {
	o.t.Helper()
	a := o.asks(raw)
	id, err := ident.Parse[webhook.Endpoint](fmt.Sprint(a.JSON()["id"]))
	if a.Status != http.StatusCreated || err != nil {
		o.t.Fatalf("%s: %d %s", name, a.Status, a.Body)
	}
	o.made++
	o.ids[name] = id
}

func (o *outpost) say() {
	o.t.Helper()
	_, err := o.Events.Publish(o.t.Context(), access.System("test"), []event.Draft{{Type: "flag.turned_on", Account: "harbour", Subject: "proj/web:env/staging:flag/x", Data: []byte(`{"n":1}`)}}, func(int) string { return "" })
	if err != nil {
		o.t.Fatal(err)
	}
}

// last waits until the endpoint at a name has as many deliveries that were
// tried, and gives the newest.
func (o *outpost) last(name string, many int) webhook.Delivery {
	o.t.Helper()
	var got []webhook.Delivery
	if !eventually(o.t, 20*time.Second, func() bool {
		var err error
		if got, err = o.Webhooks.Deliveries(o.t.Context(), o.admin, webhook.Filter{Endpoint: o.ids[name], Limit: 10}); err != nil {
			o.t.Fatal(err)
		}
		return len(got) == many && got[0].Attempts > 0
	}) {
		o.t.Fatalf("%s: %+v", name, got)
	}
	return got[0]
}

// S-01 to S-19 under the default configuration, in a network where every address
// that must not be called has a listener: as literals, as names, as names that
// lead elsewhere when they are called, as redirects, and past a proxy of the
// environment. W-11 too: names that are not answered for. No listener sees
// anything.
func TestS01ToS19_W11_NoDecoyIsReached(t *testing.T) {
	const proxy = "http://10.0.0.5:3128"
	if !elsewhere(t, "HTTP_PROXY="+proxy, "HTTPS_PROXY="+proxy, "ALL_PROXY="+proxy, "https_proxy="+proxy, "NO_PROXY=", "no_proxy=") {
		return
	}
	var addrs []string
	for _, d := range inside {
		addrs = append(addrs, d.addr)
	}
	n := newInternet(t, addrs)
	for _, a := range addrs { // they are there, so that silence says something
		zone := ""
		if a == "fe80::1" {
			zone = "%eth0"
		}
		for _, port := range decoyPorts {
			if err := knock(t, a+zone, port); err != nil {
				t.Fatalf("%s: %v", a, err)
			}
		}
	}
	if saw := n.seen(t); len(saw) != len(addrs)*len(decoyPorts) {
		t.Fatalf("the decoys saw %d connections of %d", len(saw), len(addrs)*len(decoyPorts))
	}
	o := newOutpost(t, n)

	literals := map[string]string{ // S-11, S-15, S-17 and other spellings
		"https://[fe80::1%25eth0]/": "url_address", "https://127.1/": "url_address", "https://0x7f000001/": "url_address", "https://2130706433/": "url_address", "https://0177.0.0.1/": "url_address",
		"https://127.0.0.1.:443/": "url_address", "https://hook.receiver.example./": "url_host", "https://１２７.0.0.1/": "url_address", "https://１２７.０.０.１/": "url_host", "https://xn--example-.com/": "url_host",
		"https://localhost/": "url_host", "file:///etc/passwd": "url_scheme", "gopher://127.0.0.1:443/_x": "url_scheme", "unix:///run/docker.sock": "url_scheme", "http://hook.receiver.example/": "url_scheme",
		"https://hook.receiver.example:3128/": "url_port", "https://user@10.0.0.5/": "url_userinfo",
	}
	for _, d := range inside {
		host := d.addr
		if netip.MustParseAddr(host).Is6() {
			host = "[" + host + "]"
		}
		literals["https://"+host+"/"], literals["https://"+host+":8443/"] = "url_address", "url_address"
	}
	for raw, code := range literals {
		if a := o.asks(raw); a.Status != http.StatusUnprocessableEntity || !strings.Contains(string(a.Body), `"`+code+`"`) {
			t.Errorf("%s: %d %s, want %s", raw, a.Status, a.Body, code)
		}
	}

	// Names, each of them four times: what leads inside, what leads there besides,
	// what leads there later, and what sends there.
	const good = "good.receiver.example"
	n.leads(good, public4, public6)
	o.hears(good, "/")
	name := func(kind string, i int) string { return fmt.Sprintf("%s-%d.receiver.example", kind, i) }
	for i, d := range inside {
		n.leads(name("plain", i), d.addr)
		n.leads(name("mixed", i), public4, d.addr, public6)
		n.leads(name("later", i), public6)
		n.leads(name("sends", i), public4)
		o.hears(name("plain", i), "/")
		o.hears(name("mixed", i), ":8443/")
		o.hears(name("later", i), "/")
		host := d.addr
		if netip.MustParseAddr(host).Is6() {
			host = "[" + host + "]"
		}
		o.hears(name("sends", i), "/to/https://"+host+"/latest/meta-data")
	}
	silent := map[string]struct { // W-11
		says    answer
		failure string
	}{
		"nobody.receiver.example": {answer{code: dnsmessage.RCodeNameError}, "dns"},
		"broken.receiver.example": {answer{code: dnsmessage.RCodeServerFailure}, "dns"},
		"silent.receiver.example": {answer{silent: true}, "timeout"},
	}
	for host, a := range silent {
		n.says(host, a.says)
		o.hears(host, "/")
	}
	o.say()
	tried := func(d webhook.Delivery, status int, failure string) bool {
		return d.State == webhook.Waiting && d.Attempts == 1 && d.Status == status && d.Failure == failure
	}
	for i, d := range inside {
		for _, kind := range []string{"plain", "mixed"} {
			if got := o.last(name(kind, i), 1); !tried(got, 0, "refused") {
				t.Errorf("%s, %s, %s: %+v", d.row, d.addr, kind, got)
			}
		}
		if got := o.last(name("later", i), 1); got.State != webhook.Delivered {
			t.Errorf("%s, %s, while it is public: %+v", d.row, d.addr, got)
		}
		if got := o.last(name("sends", i), 1); !tried(got, http.StatusTemporaryRedirect, "") {
			t.Errorf("%s, %s, redirect: %+v", d.row, d.addr, got)
		}
		n.leads(name("later", i), d.addr)
	}
	for host, a := range silent {
		if got := o.last(host, 1); !tried(got, 0, a.failure) {
			t.Errorf("W-11, %s: %+v", host, got)
		}
		n.leads(host, public4)
	}
	if got := o.last(good, 1); got.State != webhook.Delivered {
		t.Errorf("a receiver: %+v", got)
	}

	o.say()
	for i, d := range inside {
		if got := o.last(name("later", i), 2); !tried(got, 0, "refused") {
			t.Errorf("%s, %s, once it leads inside: %+v", d.row, d.addr, got)
		}
		if came := n.came(name("later", i)); came != 1 {
			t.Errorf("%s: the receiver got %d requests", name("later", i), came)
		}
		o.last(name("plain", i), 2)
		o.last(name("mixed", i), 2)
		o.last(name("sends", i), 2)
	}
	for host := range silent { // W-11: as soon as it is answered for, the next event comes
		if got := o.last(host, 2); got.State != webhook.Delivered {
			t.Errorf("W-11, %s: %+v", host, got)
		}
	}
	if saw := n.seen(t); len(saw) > 0 {
		t.Errorf("decoys saw %v", saw)
	}
}
