package release

import (
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/fixture"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/manifest/view"
)

// PreviewEvents are the made-up events for which requests are shown.
var PreviewEvents = []string{"flag", "project", "environment", "member"}

// Preview is every request of a package for a made-up event.
type Preview struct {
	Event string             `json:"event"`
	Kind  string             `json:"kind,omitempty" doc:"Of the resource that it is told to have happened to, where the package says of which it takes"`
	Items []PreviewedRequest `json:"items" nullable:"false"`

	Calls []request.Previewed `json:"-"`
}

// PreviewedRequest is one of them.
type PreviewedRequest struct {
	Name  string `json:"name" example:"changeApproval/open"`
	Sent  bool   `json:"sent" doc:"false: nothing would be sent for this event, or the template fails"`
	Fault string `json:"fault,omitempty" doc:"Why the template makes nothing"`
	Text  string `json:"text,omitempty" doc:"Nearly as it goes over the wire; for a call that a driver of the platform makes, what the driver gets"`
	Curl  string `json:"curl,omitempty" doc:"As a command for a shell"`
}

// Preview makes the requests of a version's package. Fields show as their names in
// capitals behind a dollar sign. Error: NotFound.
func (s *Service) Preview(ctx context.Context, by access.Principal, id ID, event string) (Preview, error) {
	packed, err := s.Opened(ctx, by, id)
	if err != nil {
		return Preview{}, err
	}
	if !slices.Contains(PreviewEvents, event) {
		return Preview{}, problem.NotFound("made-up event")
	}
	out := Preview{Event: event, Items: []PreviewedRequest{}}
	out.Kind, out.Calls = packed.previewed(event)
	for _, c := range out.Calls {
		one := PreviewedRequest{Name: c.Name, Sent: c.Sent && c.Err == nil}
		switch {
		case c.Err != nil:
			one.Fault = c.Err.Error()
		case !c.Sent:
		case c.Call.URL == "":
			one.Text = string(c.Call.Body)
		default:
			one.Text, one.Curl = c.Call.Text(), c.Call.Curl()
		}
		out.Items = append(out.Items, one)
	}
	return out, nil
}

// Faulty names the requests of the package that none of the made-up events make, with
// why, and counts all of them.
func (p *Packed) Faulty() (faulty []string, requests int) {
	made, failed := map[string]bool{}, map[string]error{}
	var order []string
	for _, event := range PreviewEvents {
		_, calls := p.previewed(event)
		for _, c := range calls {
			if _, seen := made[c.Name]; !seen {
				made[c.Name] = false
				order = append(order, c.Name)
			}
			if c.Err != nil {
				failed[c.Name] = c.Err
				continue
			}
			made[c.Name] = made[c.Name] || c.Sent
		}
	}
	for _, name := range order {
		if err := failed[name]; err != nil && !made[name] {
			faulty = append(faulty, name+": "+err.Error())
		}
	}
	return faulty, len(order)
}

// previewed makes every request for a made-up event; kind is that of the resource
// that it is told to have happened to, where the package says of which it takes.
func (p *Packed) previewed(event string) (kind string, calls []request.Previewed) {
	made, _ := fixture.Event(event)
	change, host := view.Read(made)
	if kinds := p.Manifest.Kinds(); len(kinds) > 0 && p.Manifest.View() == manifest.ViewNative {
		kind = kinds[0]
		change.Kind, change.Target.Kind = kind, kind
	}
	return kind, p.Set.Preview(host, change, nil)
}
