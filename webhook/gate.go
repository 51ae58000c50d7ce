package webhook

import "sync"

const (
	// hostMost is how many requests one host gets at one time, from all lanes
	// together: no more than the client opens connections to it, so that no
	// request waits for one while its time runs.
	hostMost = 128
	// turn is after how many requests a lane lets others of its host go first.
	turn = 16
)

// gate shares out what hosts get at one time. Lanes wait in line, not in
// goroutines of their own: an endpoint may ask for many requests at one time,
// and thousands of endpoints may be at one host.
type gate struct {
	mu    sync.Mutex
	hosts map[string]*host
}

type host struct {
	name    string
	running int
	waiting []*lane // once for each request that it may begin
}

// enter lets a lane begin one request at a host; nil, and it waits in line.
func (g *gate) enter(name string, l *lane) *host {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.hosts[name]
	if h == nil {
		if g.hosts == nil {
			g.hosts = map[string]*host{}
		}
		h = &host{name: name}
		g.hosts[name] = h
	}
	if h.running == hostMost {
		h.waiting = append(h.waiting, l)
		return nil
	}
	h.running++
	return h
}

// next is who goes on with a place at a host; nil, and it is free. l is the lane
// that had it and wants to go on, or nil.
func (g *gate) next(h *host, l *lane) *lane {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(h.waiting) == 0 {
		if l != nil {
			return l
		}
		h.waiting = nil
		if h.running--; h.running == 0 {
			delete(g.hosts, h.name)
		}
		return nil
	}
	if l != nil {
		h.waiting = append(h.waiting, l)
	}
	first := h.waiting[0]
	h.waiting[0] = nil
	h.waiting = h.waiting[1:]
	return first
}
