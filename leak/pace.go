package leak

import (
	"net/netip"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

const (
	// reportsMost is how many reports one network may send within reportsWithin.
	reportsMost   = 60
	reportsWithin = 10 * time.Minute
	networks      = 10_000 // that are remembered on a node
)

// pace slows down who sends very many reports. It counts on this node.
type pace struct {
	mu  sync.Mutex
	all map[netip.Prefix]*sent
}

type sent struct {
	ends time.Time
	n    int
}

// take counts a report. Limited `leak_reports_many`.
func (p *pace) take(from netip.Addr, now time.Time) error {
	network := networkOf(from)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[netip.Prefix]*sent{}
	}
	w := p.all[network]
	if w == nil || !now.Before(w.ends) {
		p.makeRoom(now)
		w = &sent{ends: now.Add(reportsWithin)}
		p.all[network] = w
	}
	if w.n >= reportsMost {
		return problem.Limited("leak_reports_many", "Many reports came from this network. One report may hold up to a hundred credentials.", w.ends.Sub(now))
	}
	w.n++
	return nil
}

func (p *pace) makeRoom(now time.Time) {
	if len(p.all) < networks {
		return
	}
	for n, w := range p.all {
		if !now.Before(w.ends) {
			delete(p.all, n)
		}
	}
	for n := range p.all { // map order is random
		if len(p.all) < networks {
			return
		}
		delete(p.all, n)
	}
}

// networkOf is the network that counts as one: /24 or /48.
func networkOf(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
