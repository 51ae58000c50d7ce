package console

import (
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/webhook"
)

// preview shows what a template makes of an example of what an endpoint of the
// place would get.
func (p hookPlace) preview(v *visit, template string, types []string) (string, error) {
	if p.App != nil {
		return v.Webhooks.Preview(v.ctx(), v.by, webhook.PreviewDraft{Application: p.App.ID, Template: template, Types: types})
	}
	held, err := ident.Parse[grant.Grant](p.Grant)
	if err != nil {
		return "", err
	}
	return v.Webhooks.Preview(v.ctx(), v.by, webhook.PreviewDraft{Grant: held, Template: template, Types: types})
}

// previewed fills in what the template makes of what an endpoint subscribes to.
func (v *visit) previewed(h hooked, f hookEntry) (hookEntry, error) {
	subs, err := v.Webhooks.Subscriptions(v.ctx(), v.by, h.ID)
	if err != nil {
		return f, err
	}
	var types []string
	for _, s := range subs {
		types = append(types, s.Types...)
	}
	f.tried(h.Place.preview(v, f.Template, types))
	return f, nil
}

// tried notes what came of a preview.
func (f *hookEntry) tried(made string, err error) {
	if err == nil {
		f.Preview = made
		return
	}
	f.Faults, _ = faultsOf(err, hookPointers...)
}
