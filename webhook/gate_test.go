package webhook

import (
	"fmt"
	"slices"
	"testing"
)

// A host's places are taken in turn, and all come back.
func TestLanesTakeTurnsAtAHost(t *testing.T) {
	t.Parallel()
	var g gate
	lanes := make([]*lane, hostMost+3)
	var held []*host
	for i := range lanes {
		lanes[i] = &lane{id: fmt.Sprint(i)}
		h := g.enter("a", lanes[i])
		if (h != nil) != (i < hostMost) {
			t.Fatalf("lane %d: %v", i, h)
		}
		if h != nil {
			held = append(held, h)
		}
	}
	if g.enter("b", lanes[0]) == nil {
		t.Error("another host has places of its own")
	}
	var order []string
	for _, l := range []*lane{lanes[0], nil, lanes[1], nil, nil} {
		if next := g.next(held[0], l); next != nil {
			order = append(order, next.id)
		}
	}
	if want := []string{"128", "129", "130", "0", "1"}; !slices.Equal(order, want) {
		t.Errorf("%v, not %v", order, want)
	}
	if l := g.next(held[0], lanes[7]); l != lanes[7] {
		t.Error("who has a place keeps it while nobody waits")
	}
	for _, h := range held {
		if l := g.next(h, nil); l != nil {
			t.Errorf("%s waits", l.id)
		}
	}
	if len(g.hosts) != 1 {
		t.Errorf("%d hosts are remembered, though one has nothing to do", len(g.hosts))
	}
}

func TestHostsOfAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://Hooks.example/a?b": "hooks.example", "https://hooks.example:8443/": "hooks.example:8443", "kafka+tls://broker:9093?topic=a": "broker:9093", "::": "", "": "",
	} {
		if got := hostOf(address); got != want {
			t.Errorf("%s: %s, not %s", address, got, want)
		}
	}
}
