package quota

import (
	"strings"
	"time"
)

// SimulateHeader lets a caller in a sandbox account ask for an outcome. The
// gateway strips it from every request and obeys it in sandboxes only.
const SimulateHeader = "X-Simulate"

// Simulation is an outcome to be produced instead of the real one.
type Simulation struct {
	Status int
	Code   string // stable code of the problem; also the name to ask for
	// Hang: do not answer until the caller's or the gateway's patience ends.
	Hang bool
	// Delay holds the answer back; without a Status it is the real one.
	Delay time.Duration
}

var simulations = map[string]Simulation{
	"rate_limited":          {Status: 429, Code: CodeRateLimited},
	"quota_exceeded":        {Status: 429, Code: CodeQuotaExceeded},
	"missing_credential":    {Status: 401, Code: "missing_credential"},
	"invalid_token":         {Status: 401, Code: "invalid_token"},
	"revoked_key":           {Status: 401, Code: "revoked_key"},
	"permission_denied":     {Status: 403, Code: "permission_denied"},
	"forbidden":             {Status: 403, Code: "permission_denied"},
	"scope_missing":         {Status: 403, Code: "scope_missing"},
	"installation_disabled": {Status: 403, Code: "installation_disabled"},
	"blocked":               {Status: 403, Code: "blocked"},
	"not_installed":         {Status: 404, Code: "not_installed"},
	"not_found":             {Status: 404, Code: "not_found"},
	"server_error":          {Status: 500, Code: "product_error"},
	"bad_gateway":           {Status: 502, Code: "product_error"},
	"unavailable":           {Status: 503, Code: "unavailable"},
	"gateway_timeout":       {Status: 504, Code: "product_error"},
	"timeout":               {Status: 504, Code: "product_error", Hang: true},
}

// Simulate decides which outcome the header value asks for. Outside a sandbox,
// and for words that mean nothing, the answer is no.
func Simulate(header string, sandbox bool) (Simulation, bool) {
	if !sandbox || header == "" {
		return Simulation{}, false
	}
	s, ok := simulations[strings.ToLower(strings.TrimSpace(header))]
	return s, ok
}

// Simulated is the refusal that a simulated 429 shows: the shape of a real one,
// from the first bucket of the kind asked for. Nothing is taken.
func (m *Meter) Simulated(s Simulation) Decision {
	f := m.family.Load()
	f.mu.Lock()
	defer f.mu.Unlock()
	d := Decision{policy: m.policy}
	for _, b := range m.buckets {
		if b.limit.Long() == (s.Code == CodeQuotaExceeded) || d.refusing == nil {
			d.refusing = b.limit
			if b.limit.Long() == (s.Code == CodeQuotaExceeded) {
				break
			}
		}
	}
	if d.refusing == nil {
		l := Limit{Name: "burst", Calls: 1, Per: simulatedPer}.with()
		d.refusing = &l
	}
	d.After = simulatedPer
	d.states[0] = state{limit: d.refusing, reset: int64(d.After)}
	d.shown = 1
	return d
}

// simulatedPer is the wait that a simulated refusal asks for.
const simulatedPer = 10 * time.Second
