package sandbox

import (
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/quota"
)

// Bounds of a simulation.
const (
	callsMost   = 10_000
	minutesMost = 24 * 60
	delayMost   = 30_000 // milliseconds
	minutesElse = 60     // when only calls are given
)

// Simulation is what a sandbox answers instead of the product.
type Simulation struct {
	Outcome   string    `json:"outcome,omitempty" doc:"A name that X-Simulate knows; absent: the real answer, but late"`
	Delay     int       `json:"delay_ms,omitempty" doc:"How long each answer is held back, in milliseconds"`
	Calls     int       `json:"calls,omitempty" doc:"How many calls are left; absent: as many as come"`
	Until     time.Time `json:"until" doc:"When it is over at the latest"`
	Started   time.Time `json:"started"`
	StartedBy string    `json:"started_by"`

	counted bool
}

// runs reports whether it is in force.
func (s Simulation) runs(now time.Time) bool {
	return now.Before(s.Until) && (!s.counted || s.Calls > 0)
}

// answer is what the gateway does.
func (s Simulation) answer() quota.Simulation {
	out, _ := quota.Simulate(s.Outcome, true)
	out.Delay = time.Duration(s.Delay) * time.Millisecond
	return out
}

// Order asks for a simulation.
type Order struct {
	Outcome string `json:"outcome,omitempty" maxLength:"40" doc:"rate_limited, quota_exceeded, invalid_token, revoked_key, server_error, unavailable, timeout or another name that X-Simulate knows; absent: the real answer, but late" example:"rate_limited"`
	Delay   int    `json:"delay_ms,omitempty" minimum:"0" maximum:"30000" doc:"How long each answer is held back, in milliseconds"`
	Calls   int    `json:"calls,omitempty" minimum:"0" maximum:"10000" doc:"For the next so many calls; absent: for all until the time is over"`
	Minutes int    `json:"minutes,omitempty" minimum:"0" maximum:"1440" doc:"For so many minutes at most; 60 when absent"`
}

// simulation judges an order. Error: Invalid `simulation_invalid`.
func (o Order) simulation(now time.Time, by string) (Simulation, error) {
	var f []problem.Field
	say := func(bad bool, pointer, code, detail string) {
		if bad {
			f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
		}
	}
	_, known := quota.Simulate(o.Outcome, true)
	say(o.Outcome != "" && !known, "/outcome", "unknown", "Choose rate_limited, quota_exceeded, invalid_token, revoked_key, server_error, unavailable, timeout or another name that X-Simulate knows.")
	say(o.Outcome == "" && o.Delay == 0, "/outcome", "required", "Say which outcome, or how late the answers come.")
	say(o.Delay < 0 || o.Delay > delayMost, "/delay_ms", "out_of_range", "At most 30,000 milliseconds.")
	say(o.Calls < 0 || o.Calls > callsMost, "/calls", "out_of_range", "At most 10,000 calls.")
	say(o.Minutes < 0 || o.Minutes > minutesMost, "/minutes", "out_of_range", "At most 1,440 minutes.")
	say(o.Calls == 0 && o.Minutes == 0, "/calls", "required", "Say for how many calls or minutes.")
	if len(f) > 0 {
		return Simulation{}, problem.Invalid("simulation_invalid", "Some of the fields need another look.", f...)
	}
	if o.Minutes == 0 {
		o.Minutes = minutesElse
	}
	return Simulation{Outcome: o.Outcome, Delay: o.Delay, Calls: o.Calls, counted: o.Calls > 0, Until: now.Add(time.Duration(o.Minutes) * time.Minute), Started: now, StartedBy: by}, nil
}
