package importer

import (
	"time"

	"github.com/guestright/guestright/kit/ident"
)

// Name is what a package calls the capability.
const Name = "importer"

// ID identifies a Run.
type ID = ident.ID[Run]

// State of a run.
type State string

// The states.
const (
	Preview State = "preview"
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// Run is one import.
type Run struct {
	ID            ID        `json:"id"`
	Configuration string    `json:"configuration"`
	Account       string    `json:"account"`
	Subject       string    `json:"subject" doc:"Where the product makes the new ones, as policies name it"`
	State         State     `json:"state" enum:"preview,running,done,failed" doc:"preview: read, and nothing has changed"`
	Count         int       `json:"count" doc:"How many were found"`
	Items         []Item    `json:"items,omitempty" doc:"What was found; when one import is read"`
	Cut           bool      `json:"cut,omitempty" doc:"There are more than are brought in at one time"`
	Made          []string  `json:"made" nullable:"false" doc:"Keys that the product has made"`
	There         []string  `json:"there" nullable:"false" doc:"Keys that it had already"`
	Refused       []Refused `json:"refused" nullable:"false" doc:"Those that it would not make"`
	Fault         string    `json:"fault,omitempty"`
	CreatedBy     string    `json:"created_by"`
	Created       time.Time `json:"created"`
	Ended         time.Time `json:"ended,omitzero"`

	application string
	waiting     int // tasks
}

// IDPrefix implements ident.Named.
func (Run) IDPrefix() string { return "imp" }

// Item is something that the partner has, in our own words.
type Item struct {
	Key         string    `json:"key"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Tags        []string  `json:"tags,omitempty"`
	Kind        string    `json:"kind" enum:"boolean,text" doc:"Of its variations"`
	Variations  []Variant `json:"variations" nullable:"false"`
}

// Variant is one value that it may have.
type Variant struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// Refused is one that the product would not make.
type Refused struct {
	Key    string `json:"key"`
	Detail string `json:"detail"`
}

const (
	itemsMost = 1000
	pagesMost = 50
	chunk     = 50 // items of one task
	runsMost  = 20 // of one configuration that are kept
	textMost  = 500
)

// outcome is what the product says of one task.
type outcome struct {
	Made    []string  `json:"made"`
	There   []string  `json:"there"`
	Refused []Refused `json:"refused"`
}

// answered notes the outcome of one task; fault: it failed.
func (r *Run) answered(o outcome, fault string, now time.Time) {
	r.Made, r.There, r.Refused = append(r.Made, o.Made...), append(r.There, o.There...), append(r.Refused, o.Refused...)
	if fault != "" {
		r.Fault = fault
	}
	if r.waiting--; r.waiting > 0 {
		return
	}
	if r.State, r.Ended = Done, now; r.Fault != "" {
		r.State = Failed
	}
}
