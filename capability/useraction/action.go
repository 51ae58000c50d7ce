package useraction

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
)

// Name is what a package calls it.
const Name = "userAction"

// Actions of this slice.
const (
	ActionView = "useraction:view"
	ActionRun  = "useraction:run"
)

const (
	kept    = 100 // calls of one configuration that are remembered
	patient = 10 * time.Second
)

// Action is a button that the product can show.
type Action struct {
	Configuration string   `json:"configuration" doc:"Id of it"`
	Name          string   `json:"name" doc:"Of the configuration, for people"`
	Integration   string   `json:"integration" doc:"Name of the integration"`
	Key           string   `json:"key" example:"flagCleanup" doc:"Which of its requests"`
	Needs         []string `json:"needs" nullable:"false" doc:"What the context must have"`
	On            []string `json:"on" nullable:"false" doc:"Kinds of the resources that the button stands at; any when empty"`
}

// ID identifies a Call.
type ID = ident.ID[Call]

// Call is one press of a button, and how it came out.
type Call struct {
	ID      ID        `json:"id"`
	Key     string    `json:"key"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Done    bool      `json:"done" doc:"The partner answered with a status from 200 to 299"`
	Status  int       `json:"status,omitempty" doc:"HTTP status of the answer; absent without one"`
	Failure string    `json:"failure,omitempty" doc:"Why there was no answer"`
	Link    string    `json:"link,omitempty" doc:"Where the answer leads, if it says so: its member url or link"`

	configuration string
}

// IDPrefix implements ident.Named.
func (Call) IDPrefix() string { return "act" }

// unfinished is the failure of a call that nobody saw the end of.
const unfinished = "unfinished"

// came says how a call came out.
func (c *Call) came(res outbound.Result) {
	c.Status, c.Failure = res.Status, string(res.Failure)
	c.Done = res.Failure == "" && res.Status/100 == 2
	if c.Done && !res.Truncated {
		c.Link = link(res.Body)
	}
}

// link is where an answer leads. "" when it does not say, or not to the web.
func link(body []byte) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return ""
	}
	for _, name := range []string{"url", "link"} {
		var text string
		if json.Unmarshal(members[name], &text) == nil {
			if to, ok := capability.WebAddress(text); ok {
				return to
			}
		}
	}
	return ""
}

// missing lists what a body needs and the context lacks.
func missing(b manifest.ActionBody, context map[string]json.RawMessage) []problem.Field {
	var out []problem.Field
	for _, name := range b.Needs {
		if v, there := context[name]; !there || bytes.Equal(bytes.TrimSpace(v), []byte("null")) {
			out = append(out, problem.Field{Pointer: "/context/" + name, Code: "missing", Detail: "The request needs it."})
		}
	}
	return out
}

// of lists the buttons of an instance at resources of a kind; "" is any.
func of(in capability.Instance, kind string) []Action {
	a := in.Package.Manifest.UserAction
	if a == nil || kind != "" && len(a.On) > 0 && !slices.Contains(a.On, kind) {
		return nil
	}
	var out []Action
	for _, b := range a.Bodies {
		out = append(out, Action{Configuration: in.Configuration, Name: in.Name, Integration: in.Package.Manifest.Listing.Name, Key: b.Key,
			Needs: append([]string{}, b.Needs...), On: append([]string{}, a.On...)})
	}
	return out
}
