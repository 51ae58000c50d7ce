package event_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// relayed brings our own changes into the log.
func (h *house) relayed() {
	h.T.Helper()
	if err := h.Audit.Seal(h.T.Context()); err != nil {
		h.T.Fatal(err)
	}
	if err := h.Events.Relay(h.T.Context()); err != nil {
		h.T.Fatal(err)
	}
}

// Our own changes are events: once each, for the application that they are about
// and for who may read the account's audit log.
func TestChangesAreEvents(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := start(t, open(nil), nil)
		admin, acc := h.Customer("harbour", account.Production)
		dev, team := h.Developer("dev@example.com")
		app, key := h.Release(dev, team, "flags.read")
		other, otherKey := h.Release(dev, team, "flags.read")
		ins := h.Install(admin, acc, app)
		h.Install(admin, acc, other)
		for range 3 {
			h.relayed()
		}
		token := h.Token(key, "")
		got := h.read(token, "?types=guestright.installation.*&limit=500")
		if len(got.Items) != 1 || got.Items[0].Type != "guestright.installation.create" || got.Items[0].Source != "guestright" {
			t.Fatalf("what the application hears of itself: %+v", got.Items)
		}
		var data struct {
			Target, Actor, Application string
			Entry                      string `json:"audit_entry"`
		}
		if err := json.Unmarshal(got.Items[0].Data, &data); err != nil || data.Target != "installation/"+ins.ID.String() || data.Application != app.ID.String() || data.Entry != got.Items[0].SourceID {
			t.Errorf("%s: %v", got.Items[0].Data, err)
		}
		for _, e := range h.read(h.Token(otherKey, ""), "?types=guestright.*&limit=500").Items {
			var about struct{ Application string }
			if err := json.Unmarshal(e.Data, &about); err != nil || about.Application != other.ID.String() {
				t.Errorf("an application hears of others: %s", e.Data)
			}
		}
		if all := h.read(h.key, "?account=harbour&limit=500"); all.Items[len(all.Items)-1].Sequence != all.Head || all.Items[0].Sequence != 1 {
			t.Errorf("the product reads the whole log: %+v", all)
		}
	})
}

// A change of an account that is not there holds up nobody else's.
func TestChangesOfAbsentAccountsArePassedOver(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	if err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
		return h.Audit.Record(tx, access.System("test"), audit.Change{Action: "account.update", Target: "account/acc_gone", Account: "acc_gone"})
	}); err != nil {
		t.Fatal(err)
	}
	_, acc := h.Customer("harbour", account.Production)
	h.relayed()
	if got := h.read(h.key, "?account=harbour&types=guestright.account.create"); len(got.Items) != 1 || got.Items[0].Account != acc.ID.String() {
		t.Errorf("%+v", got)
	}
}

// Events go after 30 days, and numbers go on counting.
func TestOldEventsGo(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	h.Customer("harbour", account.Production)
	h.relayed()
	old := h.accepted(plainJSON, `{"type":"weather.changed","account_key":"harbour","data":{}}`)
	settled(t, h.House)
	made := clock.Now()
	clock.Advance(31 * 24 * time.Hour)
	fresh := h.accepted(plainJSON, `{"type":"weather.changed","account_key":"harbour","data":{}}`)
	swept(t, h.House, made)
	got := h.read(h.key, "?account=harbour&types=weather.*")
	if len(got.Items) != 1 || got.Items[0].ID != fresh[0].ID || fresh[0].Sequence != old[0].Sequence+1 {
		t.Errorf("%+v, sent %+v and %+v", got, old, fresh)
	}
}
