package driveraction

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
)

// Name is what a package calls it.
const Name = "driverAction"

const (
	runsMost   = 100      // of one configuration that are kept
	resultMost = 16 << 10 // bytes of a result that are kept
)

// ID identifies a DriverRun.
type ID = ident.ID[DriverRun]

// State of a run.
type State string

// The states.
const (
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// DriverRun is one thing that the product was asked to do.
type DriverRun struct {
	ID            ID              `json:"id"`
	Configuration string          `json:"configuration" doc:"Id of it"`
	Driver        string          `json:"driver" example:"gitar" doc:"Of the product's drivers"`
	Resource      string          `json:"resource" example:"proj/web:flag/dark-mode"`
	State         State           `json:"state" enum:"running,done,failed"`
	Result        json.RawMessage `json:"result,omitempty" doc:"What the product says, up to 16 KiB"`
	Fault         string          `json:"fault,omitempty" doc:"Why it failed"`
	CreatedBy     string          `json:"created_by"`
	Created       time.Time       `json:"created"`
	Ended         time.Time       `json:"ended,omitzero"`

	account string
}

// IDPrefix implements ident.Named.
func (DriverRun) IDPrefix() string { return "drn" }

// answered notes what has become of the task.
func (r *DriverRun) answered(t host.Task, now time.Time) {
	r.State, r.Ended = Done, now
	if t.State == host.Failed {
		if r.State, r.Fault = Failed, t.Fault; r.Fault == "" {
			r.Fault = "The product did not do it."
		}
		return
	}
	if len(t.Result) <= resultMost {
		r.Result = t.Result
	}
}

// fits says whether a run may be at a resource. Error: Invalid `run_invalid`.
func fits(a *manifest.DriverAction, resource string) error {
	r, err := access.ParseResource(resource)
	if err != nil || r.IsZero() || strings.Contains(resource, ";") {
		return problem.Invalid("run_invalid", "Say at which resource.", problem.Field{Pointer: "/resource", Code: "malformed", Detail: "A resource like proj/web:flag/dark-mode, without tags."})
	}
	if len(a.On) > 0 && !slices.Contains(a.On, r.Kind()) {
		return problem.Invalid("run_invalid", "The driver does nothing there.", problem.Field{Pointer: "/resource", Code: "kind", Detail: "A resource of the kind " + strings.Join(a.On, ", ") + "."})
	}
	return nil
}

// opened gives values as the product gets them, secrets with their text.
func opened(v manifest.Values) map[string]any {
	out, sealed := v.Split()
	for key, s := range sealed {
		out[key] = s.Reveal()
	}
	return out
}
