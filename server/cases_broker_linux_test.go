package server_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/guestright/guestright/webhook"
)

// brokerAddresses are of every kind of message broker, at a host.
var brokerAddresses = []string{
	"rediss://%s:8443/0?stream=s", "valkeys://%s:443?stream=s", "nats+tls://%s:8443?subject=s", "amqps://%s:443/v?queue=q", "kafka+tls://%s:8443?topic=t",
}

// S-01 to S-19 again, for endpoints that are message brokers: whatever protocol a
// stranger's address names, nothing inside sees a connection.
func TestS01ToS19_NoDecoyIsReachedAsABroker(t *testing.T) {
	if !elsewhere(t) {
		return
	}
	var addrs []string
	for _, d := range inside {
		addrs = append(addrs, d.addr)
	}
	n := newInternet(t, addrs)
	o := newOutpost(t, n)
	n.leads("open.receiver.example", public4)
	for k, pattern := range brokerAddresses {
		o.hearsAt(fmt.Sprint("open-", k), fmt.Sprintf(pattern, "open.receiver.example"))
		for i, d := range inside {
			host := d.addr
			if netip.MustParseAddr(host).Is6() {
				host = "[" + host + "]"
			}
			raw := fmt.Sprintf(pattern, host)
			if a := o.asks(raw); a.Status != http.StatusUnprocessableEntity || !strings.Contains(string(a.Body), `"url_address"`) {
				t.Errorf("%s, %s: %d %s", d.row, raw, a.Status, a.Body)
			}
			name := fmt.Sprintf("broker-%d-%d.receiver.example", k, i)
			n.leads(name, d.addr, public6)
			o.hearsAt(name, fmt.Sprintf(pattern, name))
		}
	}
	o.say()
	for k, pattern := range brokerAddresses {
		for i, d := range inside {
			got := o.last(fmt.Sprintf("broker-%d-%d.receiver.example", k, i), 1)
			if got.State != webhook.Waiting || got.Attempts != 1 || got.Failure != "refused" {
				t.Errorf("%s, %s at %s: %+v", d.row, pattern, d.addr, got)
			}
		}
		// A web server under a public name takes the connection, and is no broker.
		if got := o.last(fmt.Sprint("open-", k), 1); got.State != webhook.Waiting || got.Failure != "connection" && got.Failure != "timeout" {
			t.Errorf("%s: %+v", pattern, got)
		}
	}
	if saw := n.seen(t); len(saw) > 0 {
		t.Errorf("decoys saw %v", saw)
	}
}
