package legacy

import (
	"time"

	"github.com/guestright/guestright/catalog"
)

// What comes to its end.
const (
	WhatOperation = "operation"
	WhatVersion   = "version"
)

// Retiring is an operation, or an API version, that comes to its end, and who
// still calls it.
type Retiring struct {
	What        string       `json:"what" enum:"operation,version"`
	Name        string       `json:"name" doc:"Id of the operation, or name of the version"`
	Method      string       `json:"method,omitempty"`
	Path        string       `json:"path,omitempty"`
	Summary     string       `json:"summary,omitempty"`
	State       string       `json:"state" enum:"announced,deprecated,removed" doc:"announced: it will be deprecated"`
	Since       time.Time    `json:"since,omitzero" doc:"From when it is deprecated, or was removed"`
	Sunset      time.Time    `json:"sunset,omitzero" doc:"When it will probably stop answering"`
	Removal     time.Time    `json:"removal,omitzero" doc:"From this moment it answers 410"`
	Note        string       `json:"note,omitempty"`
	Link        string       `json:"link,omitempty"`
	RemovedIn   []string     `json:"removed_in,omitempty" doc:"API versions that do not have the operation"`
	Replacement *Replacement `json:"replacement,omitempty"`
	Calls       int64        `json:"calls" doc:"In the time asked about, whatever became of them"`
	Users       []User       `json:"users" nullable:"false" doc:"Who called, the most recent first"`
}

// Replacement is what to call instead.
type Replacement struct {
	Name   string `json:"name"`
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
}

// User is an integration that called.
type User struct {
	Grant           string    `json:"grant"`
	Holder          string    `json:"holder,omitempty" doc:"Such as installation/ins_…"`
	Application     string    `json:"application,omitempty"`
	ApplicationName string    `json:"application_name,omitempty" doc:"Or the name of what calls without an application"`
	Account         string    `json:"account"`
	AccountName     string    `json:"account_name,omitempty"`
	Group           string    `json:"group,omitempty"`
	Version         string    `json:"version,omitempty" doc:"API version of the calls"`
	Calls           int64     `json:"calls"`
	Passed          int64     `json:"passed" doc:"Calls that the product answered"`
	First           time.Time `json:"first" doc:"The hour of the first call in the time asked about"`
	Last            time.Time `json:"last" doc:"The hour of the last call"`
}

// Ends is the next moment at which callers lose something; zero when none is set.
func (r Retiring) Ends() time.Time {
	if !r.Removal.IsZero() && (r.Sunset.IsZero() || r.Removal.Before(r.Sunset)) {
		return r.Removal
	}
	return r.Sunset
}

// retiring lists what the catalog says, without users. noticed tells since when
// something is deprecated that the catalog gives no date for.
func retiring(c *catalog.Catalog, now time.Time, noticed func(string) time.Time) []Retiring {
	var out []Retiring
	for _, r := range c.Retiring() {
		one := Retiring{What: WhatOperation, Name: r.Operation, Method: r.Method, Path: r.Template, Users: []User{}}
		if o, ok := c.Operation(r.Operation); ok {
			one.Summary = o.Summary
		}
		for _, v := range c.Versions().Offered {
			if _, gone := r.RemovedIn[v.Name]; gone {
				one.RemovedIn = append(one.RemovedIn, v.Name)
			}
		}
		use := ""
		for _, gone := range r.RemovedIn {
			use, one.Note, one.Link = gone.Use, gone.Note, gone.Link
		}
		d := r.Deprecated
		switch {
		case r.Removed != nil:
			one.Since, one.Removal, one.Note, one.Link, use = r.Removed.Since, r.Removed.Since, r.Removed.Note, r.Removed.Link, r.Removed.Use
		case d != nil:
			one.fill(d)
			use = d.Use
			if one.Since.IsZero() {
				one.Since = noticed(r.Operation)
			}
		}
		one.settle(now, r.Removed != nil || d.Gone(now), d == nil)
		if next, ok := c.Successor(use); ok && use != "" {
			one.Replacement = &Replacement{Name: next.Operation, Method: next.Method, Path: next.Template}
		}
		out = append(out, one)
	}
	for _, v := range c.Versions().Offered {
		if v.Deprecated == nil {
			continue
		}
		one := Retiring{What: WhatVersion, Name: v.Name, Users: []User{}}
		one.fill(v.Deprecated)
		if one.Since.IsZero() {
			one.Since = noticed(versionKey(v.Name))
		}
		one.settle(now, v.Deprecated.Gone(now), false)
		if v.Deprecated.Use != "" {
			one.Replacement = &Replacement{Name: v.Deprecated.Use}
		}
		out = append(out, one)
	}
	return out
}

func (r *Retiring) fill(d *catalog.Deprecation) {
	r.Since, r.Sunset, r.Removal, r.Note, r.Link = d.Since, d.Sunset, d.Removed, d.Note, d.Link
}

func (r *Retiring) settle(now time.Time, gone, versionOnly bool) {
	switch {
	case gone || versionOnly: // where only some versions lack it, it is gone there
		r.State = "removed"
	case now.Before(r.Since):
		r.State = "announced"
	default:
		r.State = "deprecated"
	}
}

// versionKey is what a version is called where operations are called by their id.
func versionKey(name string) string { return "version " + name }

// undated lists what is deprecated without a date.
func undated(c *catalog.Catalog) []string {
	var out []string
	for _, r := range c.Retiring() {
		if r.Deprecated != nil && r.Deprecated.Since.IsZero() {
			out = append(out, r.Operation)
		}
	}
	for _, v := range c.Versions().Offered {
		if v.Deprecated != nil && v.Deprecated.Since.IsZero() {
			out = append(out, versionKey(v.Name))
		}
	}
	return out
}
