package console

import (
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/usage"
)

func (c *Console) keyRoutes() []route {
	return []route{
		{"GET /applications/{application}/keys", c.page(keysPage)},
		{"GET /applications/{application}/keys/new", c.page(newKeyPage)},
		{"POST /applications/{application}/keys/new", c.page(newKey)},
		{"GET /applications/{application}/keys/{key}/rotate", c.sure(rotatePage)},
		{"POST /applications/{application}/keys/{key}/rotate", c.sure(rotateKey)},
		{"GET /applications/{application}/keys/{key}/revoke", c.page(revokePage)},
		{"POST /applications/{application}/keys/{key}/revoke", c.page(revokeKey)},
	}
}

// keyLine is a key with its last use.
type keyLine struct {
	application.Key
	Last     usage.Last
	Customer string   // name of the account that it was last used for; "" when not known
	Accounts []string // names of the accounts that it was used for in the last year
}

// keysView is the keys of an application: those that work, and those that ended.
type keysView struct {
	subject
	Working, Ended []keyLine
	MayCreate      bool
	MayRotate      bool
	MayRevoke      bool
}

func keysPage(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	keys, err := v.Applications.ListKeys(v.ctx(), v.by, s.ID)
	if err != nil {
		return err
	}
	d := keysView{subject: s, MayCreate: v.may("key:create", s.resource()) && s.State == application.Active,
		MayRotate: v.may("key:rotate", s.resource()), MayRevoke: v.may("key:revoke", s.resource())}
	lines, err := v.keyLines(s, keys)
	if err != nil {
		return err
	}
	for _, k := range lines {
		if k.Usable(v.now) {
			d.Working = append(d.Working, k)
		} else {
			d.Ended = append(d.Ended, k)
		}
	}
	return v.about(s, "/keys", sheet{title: "Keys", trail: []page.Link{{Text: "Keys"}}, body: keyList(v, d)})
}

func (v *visit) keyLines(s subject, keys []application.Key) ([]keyLine, error) {
	ids := make([]string, len(keys))
	out := make([]keyLine, len(keys))
	for i, k := range keys {
		ids[i], out[i].Key = k.ID.String(), k
	}
	if v.Usage == nil || len(keys) == 0 {
		return out, nil
	}
	var last map[string]usage.Last
	err := v.Usage.DB.Read(v.ctx(), func(tx *store.Tx) error {
		var err error
		last, err = v.Usage.LastUses(tx, "key", ids)
		return err
	})
	if err != nil {
		return nil, err
	}
	customers, err := v.customers(s)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].Last = last[ids[i]]; out[i].Last.At.IsZero() {
			continue
		}
		out[i].Customer = customers[out[i].Last.Account].AccountName
		parts, err := v.Usage.Parts(v.ctx(), v.by, usage.Query{Step: usage.StepDay, From: v.now.Add(-365 * 24 * time.Hour), Filter: usage.Filter{Application: s.ID.String(), Key: ids[i]}}, usage.ByAccount)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			if name := customers[p.Name].AccountName; name != "" {
				out[i].Accounts = append(out[i].Accounts, name)
			}
		}
	}
	return out, nil
}

// customers are the installations of an application by account.
func (v *visit) customers(s subject) (map[string]integration.Listed, error) {
	all, err := v.Integrations.ListApplication(v.ctx(), v.by, s.ID)
	if err != nil {
		return nil, err
	}
	out := map[string]integration.Listed{}
	for _, i := range all {
		if was, there := out[i.Account]; !there || was.State == integration.Removed {
			out[i.Account] = i
		}
	}
	return out, nil
}

// newKeyView is the form for a new key.
type newKeyView struct {
	subject
	Label, Expires, Token string
	Faults                faults
}

func newKeyPage(v *visit) error { return showNewKey(v, newKeyView{Expires: "0"}) }

func showNewKey(v *visit, d newKeyView) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	if err := v.by.Reach("application", "key:create", s.resource()); err != nil {
		return err
	}
	d.subject, d.Token = s, v.token(s.path()+"/keys/new")
	return v.about(s, "/keys", sheet{title: "New key", status: d.Faults.status(), trail: []page.Link{{Text: "Keys", URL: s.path() + "/keys"}, {Text: "New key"}}, body: newKeyForm(d)})
}

// expiries are the ends of life that the form offers, in days; 0 is none.
var expiries = map[string]int{"0": 0, "90": 90, "180": 180, "365": 365}

func newKey(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	d := newKeyView{Label: v.field("label"), Expires: v.field("expires")}
	draft := application.KeyDraft{Label: d.Label}
	if days := expiries[d.Expires]; days > 0 {
		draft.Expires = v.now.Add(time.Duration(days) * 24 * time.Hour)
	}
	k, err := v.Applications.CreateKey(v.ctx(), v.by, s.ID, draft)
	if err != nil {
		if f, ok := faultsOf(err, "/label", "/expires"); ok {
			d.Faults = f
			return showNewKey(v, d)
		}
		return err
	}
	return v.showSecret(s, k, "Your new key", "")
}

// issuedView is a new key with its secret, which no other page can show.
type issuedView struct {
	subject
	Title, Text string
	ClientID    string
	Secret      secret.Text
	Try         tryView
}

// showSecret answers the POST itself: the secret is nowhere to be shown again.
func (v *visit) showSecret(s subject, k application.IssuedKey, title, text string) error {
	d := issuedView{subject: s, Title: title, Text: text, ClientID: k.ClientID, Secret: k.Secret}
	var err error
	if d.Try, err = v.try(s); err != nil {
		return err
	}
	d.Try.Keep = keepKey(k)
	return v.about(s, "/keys", sheet{title: title, trail: []page.Link{{Text: "Keys", URL: s.path() + "/keys"}, {Text: title}}, body: issuedKey(v, d)})
}

// keyOf finds the key that the address names, among those of the application.
func (v *visit) keyOf(s subject) (keyLine, error) {
	id, err := ident.Parse[application.Key](v.r.PathValue("key"))
	if err != nil {
		return keyLine{}, err
	}
	keys, err := v.Applications.ListKeys(v.ctx(), v.by, s.ID)
	if err != nil {
		return keyLine{}, err
	}
	for _, k := range keys {
		if k.ID == id {
			lines, err := v.keyLines(s, []application.Key{k})
			if err != nil {
				return keyLine{}, err
			}
			return lines[0], nil
		}
	}
	return keyLine{}, problem.NotFound("key")
}

// overlap is how long both keys of a rotation work.
type overlap struct {
	Value, Label, Text string
	Time               time.Duration
}

func overlaps(now time.Time, k application.Key) []overlap {
	until := func(d time.Duration) string {
		end := now.Add(d)
		if !k.Expires.IsZero() && k.Expires.Before(end) {
			end = k.Expires
		}
		return end.UTC().Format("2 January 2006 at 15:04 UTC")
	}
	const day = 24 * time.Hour
	return []overlap{
		{"1d", "In one day", "The old secret gets new tokens until " + until(day) + ", then it is refused.", day},
		{"7d", "In seven days", "The old secret gets new tokens until " + until(7*day) + ", then it is refused.", 7 * day},
		{"30d", "In thirty days", "The old secret gets new tokens until " + until(30*day) + ", then it is refused.", 30 * day},
		{"0", "Now", "The old secret is refused from this moment; tokens that it has obtained still run out by themselves. If it has leaked, create another key and revoke this one instead: that ends its tokens too.", 0},
	}
}

func rotatePage(v *visit) error { return showRotate(v, faults{}) }

func showRotate(v *visit, f faults) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	if err := v.by.Reach("key", "key:rotate", s.resource()); err != nil {
		return err
	}
	k, err := v.keyOf(s)
	if err != nil {
		return err
	}
	path := s.path() + "/keys/" + k.ID.String() + "/rotate"
	c := page.Confirm{Title: "Rotate “" + k.Label + "”", Text: "You get a new client ID and secret. Put them where the old ones are; until the end that you choose, both work.",
		Consequences: []string{"The old secret gets no new tokens after its end. Tokens that it obtained before that run out by themselves, as their expires_in says.", usedNote(v, k), "Customers notice nothing and have nothing to do."},
		Action:       path, Token: v.token(path), Button: "Rotate the key", Cancel: s.path() + "/keys", Mild: true}
	return v.about(s, "/keys", sheet{title: "Rotate", status: f.status(), trail: []page.Link{{Text: "Keys", URL: s.path() + "/keys"}, {Text: "Rotate " + k.Label}}, body: rotateForm(f, c, overlaps(v.now, k.Key))})
}

func usedNote(v *visit, k keyLine) string {
	if k.Last.At.IsZero() {
		return "The key was not used yet."
	}
	note := "It was last used " + page.Ago(k.Last.At, v.now)
	if k.Customer != "" {
		note += " for " + k.Customer
	}
	if k.Last.Network != "" {
		note += " from " + k.Last.Network
	}
	return note + "."
}

func rotateKey(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	old, err := v.keyOf(s)
	if err != nil {
		return err
	}
	chosen := v.field("overlap")
	for _, o := range overlaps(v.now, old.Key) {
		if o.Value != chosen {
			continue
		}
		k, err := v.Applications.RotateKey(v.ctx(), v.by, old.ID, o.Time)
		if err != nil {
			if f, ok := faultsOf(err); ok {
				return showRotate(v, f)
			}
			return err
		}
		return v.showSecret(s, k, "The new key", o.Text)
	}
	return showRotate(v, faults{text: "Choose when the old secret ends."})
}

func revokePage(v *visit) error { return showRevoke(v, faults{}) }

func showRevoke(v *visit, f faults) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	if err := v.by.Reach("key", "key:revoke", s.resource()); err != nil {
		return err
	}
	k, err := v.keyOf(s)
	if err != nil {
		return err
	}
	path := s.path() + "/keys/" + k.ID.String() + "/revoke"
	c := page.Confirm{Title: "Revoke “" + k.Label + "”?", Text: "Everything that uses this key stops with its next call. This cannot be undone.",
		Consequences: []string{"The secret is refused, and every token that it has obtained ends at once.", usedNote(v, k)},
		Action:       path, Token: v.token(path), Button: "Revoke the key", Cancel: s.path() + "/keys"}
	return v.about(s, "/keys", sheet{title: "Revoke", status: f.status(), trail: []page.Link{{Text: "Keys", URL: s.path() + "/keys"}, {Text: "Revoke " + k.Label}}, body: refusable(f, c)})
}

func revokeKey(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	k, err := v.keyOf(s)
	if err != nil {
		return err
	}
	if _, err := v.Applications.RevokeKey(v.ctx(), v.by, k.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return showRevoke(v, f)
		}
		return err
	}
	return v.leave(s.path()+"/keys", "“"+k.Label+"” is revoked. Nothing can be done with it any more.")
}
