package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/fixture"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/manifest/value"
	"github.com/guestright/guestright/manifest/view"
)

// wanted says which calls of a package are wanted, and what they are about.
type wanted struct {
	Package string            `arg:"" name:"dir" type:"path" help:"Folder, or zip, tar or tar.gz archive."`
	Event   string            `default:"flag" placeholder:"NAME" help:"What has happened: environment, flag, member or project, which are made up, or a file with an event: as the log gives it, or as LaunchDarkly's audit log does."`
	Kind    string            `placeholder:"KIND" help:"Say that it happened to a resource of this kind."`
	Call    string            `placeholder:"NAME" help:"Only this call, such as changeApproval/open."`
	Set     map[string]string `placeholder:"FIELD=VALUE" help:"Value of a field of the form (else its name in capitals)."`
}

type integrationPreviewCmd struct {
	wanted
	Curl bool `help:"Print commands for a shell."`
}

// Run prints every request that the integration makes for an event.
func (c integrationPreviewCmd) Run(w *world) error {
	calls, err := c.calls()
	if err != nil {
		return exitError{exitMisused, err}
	}
	failed := false
	for _, p := range calls {
		failed = failed || p.Err != nil
		c.say(w, p)
	}
	if failed {
		return errSilent
	}
	return nil
}

// calls makes them. Error: the package, the event or the name of the call is of no use.
func (c wanted) calls() ([]request.Previewed, error) {
	one, err := lintPackage(c.Package)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Package, err)
	}
	if one.read.Package.Listing.Name == "" {
		return nil, errors.New("the package has errors that keep it from being read: see guestright integration lint")
	}
	set, err := request.Compile(one.read.Package, one.files)
	if err != nil {
		return nil, err
	}
	change, host, err := c.happened(set.Package)
	if err != nil {
		return nil, err
	}
	raw := map[string]any{}
	for key, text := range c.Set {
		if _, ok := set.Forms.Installation.Variable(key); !ok {
			return nil, fmt.Errorf("--set %s: the form has no such field", key)
		}
		raw[key] = text
	}
	all := set.Preview(host, change, set.Forms.Installation.Typed(raw))
	if c.Call != "" {
		all = slices.DeleteFunc(all, func(p request.Previewed) bool { return p.Name != c.Call })
	}
	if len(all) == 0 {
		return nil, errors.New("the integration makes no such call")
	}
	return all, nil
}

func (c integrationPreviewCmd) say(w *world, p request.Previewed) {
	switch {
	case p.Err != nil:
		w.say("# %s: fails: %v\n", p.Name, p.Err)
	case !p.Sent:
		w.say("# %s: nothing is sent\n", p.Name)
	case p.Call.URL == "":
		w.say("# %s: given to a driver of the host\n%s\n", p.Name, p.Call.Body)
	case c.Curl:
		w.say("# %s\n%s\n", p.Name, p.Call.Curl())
	default:
		w.say("# %s\n%s", p.Name, p.Call.Text())
	}
}

// happened reads or makes up what the calls are about.
func (c wanted) happened(p manifest.Package) (view.Change, view.Host, error) {
	event, ok := fixture.Event(c.Event)
	if !ok || c.Event == fixture.Native {
		data, err := os.ReadFile(c.Event)
		if err != nil {
			return view.Change{}, view.Host{}, fmt.Errorf("--event names neither a made-up event nor a file: %w", err)
		}
		v, err := value.Decode(data)
		if err != nil {
			return view.Change{}, view.Host{}, fmt.Errorf("%s: %w", c.Event, err)
		}
		if event, ok = v.(*value.Object); !ok {
			return view.Change{}, view.Host{}, fmt.Errorf("%s: an event is an object", c.Event)
		}
	}
	change, host := view.Read(event)
	if _, theirs := event.Get("verbKind"); !theirs {
		change, host = ours(event), view.Host{}
	}
	kind := c.Kind
	if kinds := p.Kinds(); kind == "" && len(kinds) > 0 && p.View() == manifest.ViewNative && c.Event == "flag" {
		kind = kinds[0] // the made-up events are about the things of one product
	}
	if kind != "" {
		change.Kind, change.Target.Kind = kind, kind
	}
	return change, host, nil
}

// ours reads an event as the log and webhooks give it.
func ours(o *value.Object) view.Change {
	word := func(name string) string {
		v, _ := o.Get(name)
		s, _ := v.(string)
		return s
	}
	data, _ := o.Get("data")
	at, _ := time.Parse(time.RFC3339, word("timestamp"))
	return view.Of(view.Event{ID: word("id"), Type: word("type"), Account: word("account_key"), Subject: word("subject"), Time: at, Data: data})
}
