package console

import (
	"encoding/json"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/storesync"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
)

func (c *Console) storeRoutes() []route {
	if c.Configurations == nil {
		return nil
	}
	return []route{{"POST /configurations/{configuration}/store", c.page(saveStore)}}
}

func (f configurationForm) storePath() string { return f.path() + "/store" }

const storePointer = "/capabilities/" + storesync.Name + "/settings/prefix"

// saveStore changes what is chosen for the store that a configuration fills.
func saveStore(v *visit) error {
	f, err := v.configurationOf()
	if err != nil {
		return err
	}
	f.Prefix = v.field("prefix")
	text, err := json.Marshal(storesync.Settings{Prefix: f.Prefix})
	if err != nil {
		return problem.Internal("console.store", err)
	}
	draft := configuration.Draft{Capabilities: map[string]configuration.Choice{storesync.Name: {Settings: text}}}
	if _, err := v.Configurations.Update(v.ctx(), v.by, f.At.ID, draft); err != nil {
		found, ok := faultsOf(err, storePointer)
		if !ok {
			return err
		}
		f.Faults = found
		return f.page(v)
	}
	return v.leave(f.path(), "The change is saved, and the store is filled anew.")
}

// storePrefix is what was typed, or else chosen.
func storePrefix(f configurationForm, c configuration.Capability) string {
	if f.Prefix != "" {
		return f.Prefix
	}
	var set storesync.Settings
	if json.Unmarshal(c.Settings, &set) != nil {
		return "" // nothing was chosen yet
	}
	return set.Prefix
}

// storeFacts is how the store does.
func storeFacts(v *visit, r capability.Report) []page.Fact {
	state := page.Badge{Text: "Up to date", Tone: page.ToneGood, Dot: true}
	switch {
	case r.State == "failing":
		state = page.Badge{Text: "Failing, tried again", Tone: page.ToneBad, Dot: true}
	case r.LastSuccess.IsZero():
		state = page.Badge{Text: "Not filled yet", Dot: true}
	}
	last := v.moment(r.LastSuccess)
	last.Never = "never"
	out := []page.Fact{{Name: "The store", Value: state}, {Name: "Last filled", Value: last}}
	if !r.LastFailure.IsZero() {
		out = append(out, page.Fact{Name: "Last failed", Value: v.moment(r.LastFailure)})
	}
	return out
}
