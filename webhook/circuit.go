package webhook

import "time"

// Circuit is how an endpoint's receiver is doing.
type Circuit struct {
	State    CircuitState `json:"state" enum:"closed,open,half_open"`
	Failures int          `json:"failures" doc:"In a row"`
	Since    time.Time    `json:"failing_since,omitzero"`
	Opened   time.Time    `json:"opened,omitzero"`
	Probe    time.Time    `json:"next_probe,omitzero" doc:"When it is tried whether the receiver is back"`
	Success  time.Time    `json:"last_success,omitzero"`

	probes int
	told   int
}

// CircuitState says whether events go out.
type CircuitState string

// The states.
const (
	Closed   CircuitState = "closed"
	Open     CircuitState = "open"
	HalfOpen CircuitState = "half_open"
)

const (
	// openAfter failures in a row open the circuit; openLeast do when nothing
	// but failures came for openFor.
	openAfter = 20
	openLeast = 5
	openFor   = time.Minute
	// probeFirst is when the first probe follows; the pause doubles up to
	// probeLast.
	probeFirst = 30 * time.Second
	probeLast  = 15 * time.Minute
	// patience is how long an endpoint may fail before it is disabled.
	patience = 5 * 24 * time.Hour
)

// levels of patience, in percent, at which the owners are told.
var levels = [...]int{50, 70, 90, 100}

// verdict is what follows from an attempt for the endpoint.
type verdict struct {
	opened  bool // the circuit has just opened
	closed  bool // it has just closed
	back    bool // failures have ended
	level   int  // of patience that was just reached, 0: none
	disable bool // patience is over
}

// attempted notes one attempt.
func (c *Circuit) attempted(now time.Time, ok bool) verdict {
	var v verdict
	if ok {
		v.closed, v.back = c.State != Closed && c.State != "", c.Failures > 0
		*c = Circuit{State: Closed, Success: now}
		return v
	}
	if c.State == "" {
		c.State = Closed
	}
	if c.Failures == 0 {
		c.Since = now
	}
	c.Failures++
	switch {
	case c.State == HalfOpen:
		c.probes++
		c.State, c.Probe = Open, now.Add(min(probeFirst<<min(c.probes, 10), probeLast))
	case c.State == Closed && (c.Failures >= openAfter || c.Failures >= openLeast && now.Sub(c.Since) >= openFor):
		c.State, c.Opened, c.probes, c.Probe, v.opened = Open, now, 0, now.Add(probeFirst), true
	}
	if c.Failures < openLeast {
		return v // rare events say little about a receiver
	}
	used := int(now.Sub(c.Since) * 100 / patience)
	for _, l := range levels {
		if used >= l && c.told < l {
			c.told, v.level = l, l
		}
	}
	v.disable = used >= 100
	return v
}

// admits reports whether an attempt may begin; with an open circuit the first to
// ask when a probe is due gets it.
func (c *Circuit) admits(now time.Time) (ok, probe bool) {
	switch c.State {
	case Open:
		if now.Before(c.Probe) {
			return false, false
		}
		c.State = HalfOpen
		return true, true
	case HalfOpen:
		return false, false
	}
	return true, false
}

// reset is what enabling an endpoint does: it may show itself anew.
func (c *Circuit) reset() { *c = Circuit{State: Closed, Success: c.Success} }
