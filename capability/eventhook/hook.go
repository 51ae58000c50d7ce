package eventhook

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/awsrole"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/fixture"
	"github.com/guestright/guestright/manifest/view"
	"github.com/guestright/guestright/webhook"
)

// Name is what a package calls it.
const Name = "eventHook"

// Hook executes event hooks. Make it with New.
type Hook struct {
	Webhooks       *webhook.Service
	Configurations *configuration.Service
	Grants         *grant.Service
	Facts          *account.Facts
	Catalog        *catalog.Current
	Client         *outbound.Client
	AWS            *awsrole.Operator // nil: no services there

	last *said // what the event that is handed out now says
}

// New takes part in webhooks.
func New(h Hook) *Hook {
	out := &h
	out.last = &said{}
	h.Webhooks.Makes(Name, out.maker)
	return out
}

// Name implements capability.Capability.
func (h *Hook) Name() string { return Name }

// Settings are what an administrator chooses.
type Settings struct {
	// Filter says which changes are wanted; nil: those that the package says.
	Filter access.Policy `json:"filter"`
}

func settings(in capability.Instance) (Settings, error) {
	var s Settings
	if len(in.Settings) == 0 {
		return s, nil
	}
	dec := json.NewDecoder(strings.NewReader(string(in.Settings)))
	dec.DisallowUnknownFields()
	return s, dec.Decode(&s)
}

// Judge implements capability.Capability.
func (h *Hook) Judge(in capability.Instance) []problem.Field {
	s, err := settings(in)
	if err != nil {
		return []problem.Field{{Code: "malformed", Detail: "The settings of an event hook are {\"filter\": [statements]}."}}
	}
	found := s.Filter.Check("/filter")
	if in.Package != nil {
		for _, hook := range in.Package.Manifest.EventHooks {
			if what := h.obstacle(in, hook); what != "" {
				found = append(found, problem.Field{Code: "driver", Detail: what})
			}
		}
	}
	return found
}

// ref names the endpoint of one hook of a configuration.
func ref(configuration string, at int) string { return configuration + "/" + strconv.Itoa(at) }

// parseRef reads it again.
func parseRef(s string) (string, int, error) {
	id, at, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(at)
	return id, n, err
}

// hooksMost bounds how many hooks a package may have had in any version.
const hooksMost = 8

// Enable implements capability.Capability: each hook has its endpoint.
func (h *Hook) Enable(tx *store.Tx, by access.Principal, in capability.Instance) error {
	g, err := h.Grants.Load(tx, in.Grant)
	if err != nil {
		return err
	}
	hooks := in.Package.Manifest.EventHooks
	for i := range hooksMost {
		if i >= len(hooks) || h.obstacle(in, hooks[i]) != "" {
			if err := h.Webhooks.Unkeep(tx, by, Name, ref(in.Configuration, i), false); err != nil {
				return err
			}
			continue
		}
		k := webhook.Keep{Maker: Name, Ref: ref(in.Configuration, i), Grant: g, Address: h.address(in, i), Description: in.Package.Manifest.Listing.Name + ": " + in.Name, Types: []string{"*"}}
		if k.Address == "" {
			k.Address = in.Package.Manifest.Listing.Links.Site
		}
		if _, err := h.Webhooks.Keep(tx, by, k); err != nil {
			return err
		}
	}
	return nil
}

// Disable implements capability.Capability.
func (h *Hook) Disable(tx *store.Tx, by access.Principal, in capability.Instance, gone bool) error {
	for i := range hooksMost {
		if err := h.Webhooks.Unkeep(tx, by, Name, ref(in.Configuration, i), gone); err != nil {
			return err
		}
	}
	return nil
}

// Renew implements capability.Renewer: what is remembered of the endpoints is read
// again.
func (h *Hook) Renew(tx *store.Tx, in capability.Instance) error {
	for i := range hooksMost {
		e, there, err := h.Webhooks.KeptAs(tx, Name, ref(in.Configuration, i))
		if err != nil {
			return err
		}
		if there {
			tx.Changed(webhook.Topic, e.ID.String())
		}
	}
	return nil
}

// example is a change that no one has made.
func (h *Hook) example(in capability.Instance, at int) (view.Host, view.Change) {
	made, _ := fixture.Event("flag")
	c, host := view.Read(made)
	if own := h.Host(); own.URL != "" {
		host = own
	}
	if t := in.Package.Manifest.EventHooks[at].Templates; t != nil && in.Package.Manifest.EventHooks[at].Source == manifest.SourceSignal {
		for kind := range t.ByType {
			c.Action = kind
		}
	}
	return host, c
}

// address is where a hook's requests go, for people.
func (h *Hook) address(in capability.Instance, at int) string {
	if d, known, _ := driverOf(in.Package.Manifest.EventHooks[at]); known {
		return d.host(in)
	}
	host, c := h.example(in, at)
	g := in.Given
	g.ID, g.Time = "example", c.Time
	call, err := in.Package.Set.HookAddress(at, g, host, c)
	if err != nil {
		return ""
	}
	return capability.Host(call.URL)
}

// Tries implements capability.Tester.
func (h *Hook) Tries(in capability.Instance) bool {
	if in.Package == nil {
		return false
	}
	for i := range in.Package.Manifest.EventHooks {
		if in.Package.Set.Tries(i) && calls(in.Package.Manifest.EventHooks[i]) {
			return true
		}
	}
	return false
}

// calls says whether a hook leads somewhere that we know to call.
func calls(hook manifest.EventHook) bool {
	_, known, named := driverOf(hook)
	return known || !named && hook.Endpoint != nil
}

// Test implements capability.Tester: it sends the package's own test, once.
func (h *Hook) Test(ctx context.Context, in capability.Instance) (capability.Tried, error) {
	for i, hook := range in.Package.Manifest.EventHooks {
		if !in.Package.Set.Tries(i) || !calls(hook) {
			continue
		}
		d, driven, _ := driverOf(hook)
		if driven {
			in = d.filled(in)
		}
		host, c := h.example(in, i)
		c.Time = h.Webhooks.DB.Now()
		g := in.Given
		g.ID, g.Time, g.Nonce = "test", c.Time, nonce()
		call, says, err := in.Package.Set.HookTest(i, g, host, c)
		if err != nil || !says {
			why := "The package's template for this makes nothing of what was filled in."
			if err != nil {
				why = err.Error()
			}
			return capability.Tried{Failure: why}, nil
		}
		req := capability.Request(call)
		if driven {
			if req, err = d.request(h, in, "test-"+g.Nonce, call.Body, c.Time); err != nil {
				return capability.Tried{Failure: problem.Of(err).Detail}, nil
			}
		}
		return h.try(ctx, req, d, quiet(in.Package.Manifest, i)), nil
	}
	return capability.Tried{}, problem.Conflict("capability_untried", "The package has no call that tries this connection.")
}

// try makes a call and tells how it came out.
func (h *Hook) try(ctx context.Context, req outbound.Request, d driver, quiet bool) capability.Tried {
	res := h.Client.Do(ctx, req)
	if d.judge != nil {
		res = d.judge(res)
	}
	out := capability.Tried{OK: res.Failure == "" && res.Status/100 == 2, Method: req.Method, Host: capability.Host(req.URL), Status: res.Status, Failure: string(res.Failure)}
	if !quiet {
		out.Answer = string(res.Body[:min(len(res.Body), answerMost)])
	}
	return out
}

// answerMost is how much of an answer is shown, in bytes.
const answerMost = 4 << 10

// quiet says whether nobody may read what a hook's receiver answers. A package that
// lets it be read goes to hosts that it names itself; the rules see to that.
func quiet(p manifest.Package, at int) bool {
	return !p.EventHooks[at].ShowErrorBody.Get()
}

// Report implements capability.Reporter.
func (h *Hook) Report(tx *store.Tx, in capability.Instance) (capability.Report, error) {
	var out capability.Report
	for i := range hooksMost {
		e, there, err := h.Webhooks.KeptAs(tx, Name, ref(in.Configuration, i))
		if err != nil {
			return out, err
		}
		if in.Package != nil && i < len(in.Package.Manifest.EventHooks) {
			if what := h.obstacle(in, in.Package.Manifest.EventHooks[i]); what != "" {
				out.State, out.Errors = "failing", append(out.Errors, capability.Fault{At: tx.Now(), Text: what})
			}
		}
		if !there {
			continue
		}
		f, err := h.Webhooks.Fares(tx, e.ID)
		if err != nil {
			return out, err
		}
		out.Successes, out.Failures, out.Waiting = out.Successes+f.Delivered, out.Failures+f.Failed, out.Waiting+f.Queue.Waiting
		if f.LastDelivered.After(out.LastSuccess) {
			out.LastSuccess = f.LastDelivered
		}
		for _, one := range f.Faults {
			if one.At.After(out.LastFailure) {
				out.LastFailure = one.At
			}
			text := one.Answer
			if one.Failure != "" {
				text = one.Failure
			}
			out.Errors = append(out.Errors, capability.Fault{At: one.At, Status: one.Status, Text: text})
		}
		if out.Webhook == "" {
			out.Webhook = e.ID.String()
		}
		switch {
		case e.State == webhook.Disabled && e.Reason == webhook.ByFailure:
			out.State = "disabled"
		case e.Circuit.State != webhook.Closed && out.State == "":
			out.State = "failing"
		case out.State == "":
			out.State = "ok"
		}
	}
	return out, nil
}
