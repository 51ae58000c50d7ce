package leak

import (
	"net/netip"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/network"
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
	at := network.Of(from)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[netip.Prefix]*sent{}
	}
	w := p.all[at]
	if w == nil || !now.Before(w.ends) {
		network.Room(p.all, networks, func(w *sent) bool { return !now.Before(w.ends) })
		w = &sent{ends: now.Add(reportsWithin)}
		p.all[at] = w
	}
	if w.n >= reportsMost {
		return problem.Limited("leak_reports_many", "Many reports came from this network. One report may hold up to a hundred credentials.", w.ends.Sub(now))
	}
	w.n++
	return nil
}
