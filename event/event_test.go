package event_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

const plainJSON = "application/json"

func TestPatternsNameTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"flag.created", "flag.created", true}, {"flag.*", "flag.created", true}, {"*", "flag.created", true}, {"*.created", "flag.created", true},
		{"f*.cre*ed", "flag.created", true}, {"flag.*", "flags.created", false}, {"flag", "flag.created", false}, {"", "flag.created", false},
		{"*a*a*a*", "banana", true}, {"*a*a*a*a*", "banana", false},
	} {
		if got := event.Like(c.pattern, c.name); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.name, got)
		}
	}
}

func TestEventsAreAcceptedAndRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := start(t, open(nil), nil)
		admin, acc := h.Customer("harbour", account.Production)
		_, other := h.Customer("alder", account.Production)
		dev, team := h.Developer("dev@example.com")
		app, key := h.Release(dev, team, "flags.read")
		h.Install(admin, acc, app)
		token := h.Token(key, "")
		h.relayed() // our own events of all this come first
		base, otherBase := h.read(h.key, "?account=harbour").Head, h.read(h.key, "?account=alder").Head

		one := h.accepted(plainJSON, `{"id":"a-1","type":"flag.counted","version":1,"account_key":"harbour","subject":"proj/web:flag/dark","ordering_key":"dark",
			"source":"billing","timestamp":"2026-03-02T10:00:00.123456Z","data":{"count":12345678901234567890,"é":"\u2028<&>"}}`)
		if len(one) != 1 || one[0].Sequence != base+1 || one[0].Account != acc.ID.String() || one[0].Repeated || !strings.HasPrefix(one[0].ID, "evt_") {
			t.Fatalf("%+v", one)
		}
		many := h.accepted(plainJSON, `[{"type":"weather.changed","account_key":"harbour","data":{}},{"type":"weather.changed","account_key":"alder","data":{}},
			{"type":"member.invited","account_key":"harbour","data":{}},{"type":"flag.counted","account_key":"harbour","subject":"proj/web:flag/x","data":{"count":1,"unit":"pcs"}}]`)
		if len(many) != 4 || many[0].Sequence != base+2 || many[1].Sequence != otherBase+1 || many[1].Account != other.ID.String() || many[3].Sequence != base+4 {
			t.Fatalf("%+v", many)
		}

		got := h.read(token, fmt.Sprintf("?limit=2&after=%d", base))
		if len(got.Items) != 2 || got.Next != base+2 || got.Head != base+4 || !got.More {
			t.Fatalf("%+v", got)
		}
		first := got.Items[0]
		if first.ID != one[0].ID || first.SourceID != "a-1" || first.Subject != "proj/web:flag/dark" || first.OrderingKey != "dark" || first.Source != "billing" ||
			first.Timestamp != "2026-03-02T10:00:00.123456Z" || first.Version != 1 || first.AccountKey != "harbour" {
			t.Errorf("%+v", first)
		}
		var data map[string]json.Number
		if err := json.Unmarshal([]byte(`{"count":12345678901234567890}`), &data); err != nil || !strings.Contains(string(first.Data), string(data["count"])) {
			t.Errorf("data: %s", first.Data)
		}
		got = h.read(token, fmt.Sprintf("?after=%d&types=flag.*", base+2))
		if len(got.Items) != 1 || got.Items[0].Sequence != base+4 || got.Items[0].Version != 2 {
			t.Errorf("scopes open flags only, and without a version the newest counts: %+v", got)
		}
		if a := h.get(token, "?account=alder"); a.Status != http.StatusNotFound {
			t.Errorf("another account's log: %d %s", a.Status, a.Body)
		}
		if a := h.get(h.key, ""); a.Code() != "account_required" {
			t.Errorf("the product without an account: %d %s", a.Status, a.Body)
		}
		if got := h.read(h.key, "?account=alder&types=weather.*"); len(got.Items) != 1 {
			t.Errorf("the product reads every log: %+v", got)
		}
	})
}

// W-13: the same id twice, with the same and with another body.
func TestW13_AnIDStandsForOneEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := start(t, open(nil), nil)
		h.Customer("harbour", account.Production)
		h.Customer("alder", account.Production)
		body := func(acc, source, data string) string {
			return fmt.Sprintf(`{"id":"a-1","type":"weather.changed","account_key":%q,"source":%q,"data":%s}`, acc, source, data)
		}
		first := h.accepted(plainJSON, body("harbour", "", `{"sky":"blue"}`))
		again := h.accepted(plainJSON, body("harbour", "", `{"sky":"blue"}`))
		if again[0].ID != first[0].ID || again[0].Sequence != first[0].Sequence || !again[0].Repeated || first[0].Repeated {
			t.Errorf("%+v then %+v", first, again)
		}
		a := h.send(plainJSON, "["+body("alder", "", `{}`)+","+body("harbour", "", `{"sky":"grey"}`)+"]")
		if a.Status != http.StatusConflict || a.Code() != "event_conflict" || a.JSON()["index"] != float64(1) {
			t.Errorf("another body: %d %s", a.Status, a.Body)
		}
		if got := h.read(h.key, "?account=alder"); len(got.Items) != 0 && got.Items[0].SourceID == "a-1" {
			t.Error("the conflict left a part of its batch behind")
		}
		for _, other := range []string{body("alder", "", `{"sky":"blue"}`), body("harbour", "shop", `{"sky":"blue"}`)} {
			if got := h.accepted(plainJSON, other); got[0].Repeated || got[0].ID == first[0].ID {
				t.Errorf("an id counts within an account and a source: %+v", got)
			}
		}
		twice := h.accepted(plainJSON, "["+body("alder", "x", `{}`)+","+body("alder", "x", `{}`)+"]")
		if twice[0].ID != twice[1].ID || !twice[1].Repeated {
			t.Errorf("twice in one batch: %+v", twice)
		}
	})
}

// Many senders at once: every account counts without gaps, and an id that all
// send is accepted once.
func TestNumbersHaveNoGaps(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := start(t, open(nil), nil)
		for _, key := range []string{"a", "b"} {
			h.Customer(key, account.Production)
		}
		const senders, each = 8, 25
		var wg sync.WaitGroup
		for s := range senders {
			wg.Go(func() {
				for i := range each {
					acc := []string{"a", "b"}[(s+i)%2]
					a := h.send(plainJSON, fmt.Sprintf(`[{"type":"weather.changed","account_key":%q,"data":{"s":%d}},{"id":"all-%d","type":"weather.changed","account_key":"a","data":{}}]`, acc, s, i))
					if a.Status != http.StatusAccepted {
						t.Errorf("%d %s", a.Status, a.Body)
					}
				}
			})
		}
		wg.Wait()
		total := 0
		for _, acc := range []string{"a", "b"} {
			last := int64(0)
			for {
				got := h.read(h.key, fmt.Sprintf("?account=%s&after=%d&limit=500", acc, last))
				for _, e := range got.Items {
					if e.Sequence != last+1 {
						t.Fatalf("%s: %d after %d", acc, e.Sequence, last)
					}
					last = e.Sequence
					if e.Type == "weather.changed" {
						total++
					}
				}
				if !got.More {
					break
				}
			}
		}
		if want := senders*each + each; total != want {
			t.Errorf("%d events, want %d", total, want)
		}
	})
}

// H39: an event that does not fit is refused here, with the member named.
func TestH39_RefusalsNameTheField(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	_, acc := h.Customer("harbour", account.Production)
	for name, c := range map[string]struct{ body, want string }{
		"missing member":     {`{"type":"flag.counted","version":1,"account_key":"harbour","subject":"proj/w:flag/x","data":{}}`, "/data/count required"},
		"wrong type":         {`{"type":"flag.counted","version":1,"account_key":"harbour","subject":"proj/w:flag/x","data":{"count":"s3cret"}}`, "/data/count schema"},
		"a rule":             {`{"type":"flag.counted","account_key":"harbour","subject":"proj/w:flag/x","data":{"count":1,"unit":"s3cret"}}`, "/data/unit schema"},
		"further member":     {`{"type":"flag.counted","account_key":"harbour","subject":"proj/w:flag/x","data":{"count":1,"unit":"x","more":"s3cret"}}`, "/data/more unknown"},
		"no subject":         {`{"type":"flag.counted","version":1,"account_key":"harbour","data":{"count":1}}`, "/subject required"},
		"bad subject":        {`{"type":"flag.counted","version":1,"account_key":"harbour","subject":"proj/*","data":{"count":1}}`, "/subject malformed"},
		"unknown type":       {`{"type":"flag.eaten","account_key":"harbour","data":{}}`, "/type unknown"},
		"own type":           {`{"type":"guestright.installation.create","account_key":"harbour","data":{}}`, "/type unknown"},
		"version":            {`{"type":"flag.counted","version":3,"account_key":"harbour","subject":"proj/w:flag/x","data":{"count":1}}`, "/version unknown"},
		"account":            {`{"type":"weather.changed","account_key":"nobody","data":{}}`, "/account_key unknown"},
		"no data":            {`{"type":"weather.changed","account_key":"harbour"}`, "/data required"},
		"data not an object": {`{"type":"weather.changed","account_key":"harbour","data":[1]}`, "/data malformed"},
		"too large":          {`{"type":"weather.changed","account_key":"harbour","data":{"x":"` + strings.Repeat("x", event.DataMost) + `"}}`, "/data too_large"},
		"unknown member":     {`{"type":"weather.changed","account_key":"harbour","data":{},"colour":1}`, "/colour unknown"},
		"second of a list":   {`[{"type":"weather.changed","account_key":"harbour","data":{}},{"type":"weather.changed","account_key":"harbour","id":"a b","data":{}}]`, "/1/id malformed"},
		"time":               {`{"type":"weather.changed","account_key":"harbour","timestamp":"yesterday","data":{}}`, "/timestamp malformed"},
	} {
		a := h.send(plainJSON, c.body)
		var doc struct {
			Errors []struct{ Pointer, Code string }
		}
		_ = json.Unmarshal(a.Body, &doc)
		if a.Status != http.StatusUnprocessableEntity || a.Code() != "event_invalid" || len(doc.Errors) == 0 || doc.Errors[0].Pointer+" "+doc.Errors[0].Code != c.want {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
		if strings.Contains(string(a.Body), "s3cret") {
			t.Errorf("%s: the answer repeats the value", name)
		}
	}
	if got := h.read(h.key, "?account="+acc.ID.String()+"&types=weather.*,flag.*"); len(got.Items) != 0 {
		t.Errorf("something was accepted: %+v", got.Items)
	}
	many := "[" + strings.TrimSuffix(strings.Repeat(`{"type":"weather.changed","account_key":"harbour","data":{}},`, event.BatchMost+1), ",") + "]"
	for _, body := range []string{"[]", many} {
		if a := h.send(plainJSON, body); a.Code() != "event_batch" {
			t.Errorf("%.20s: %d %s", body, a.Status, a.Body)
		}
	}
}

func TestOnlyTheProductPublishes(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	admin, acc := h.Customer("harbour", account.Production)
	dev, team := h.Developer("dev@example.com")
	app, key := h.Release(dev, team, "flags.read")
	h.Install(admin, acc, app)
	h.key = h.Token(key, "")
	for _, name := range []string{"harbour", "nobody"} {
		if a := h.send(plainJSON, `{"type":"weather.changed","account_key":"`+name+`","data":{}}`); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
}

func TestCloudEventsInEveryMode(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	h.Customer("harbour", account.Production)
	cloud := func(id string) string {
		return `{"specversion":"1.0","id":"` + id + `","source":"/shop","type":"flag.counted","typeversion":"1","account":"harbour","subject":"proj/web:flag/x",
			"time":"2026-03-02T10:00:00Z","partitionkey":"x","datacontenttype":"application/json","traceparent":"00-x","data":{"count":1}}`
	}
	structured := h.accepted("application/cloudevents+json; charset=utf-8", cloud("c-1"))
	batch := h.accepted("application/cloudevents-batch+json", "["+cloud("c-2")+","+cloud("c-1")+"]")
	attributes := []string{"Ce-Specversion", "1.0", "Ce-Id", "c-1", "Ce-Source", "/shop", "Ce-Type", "flag.counted", "Ce-Typeversion", "1", "Ce-Account", "harbour",
		"Ce-Subject", "proj%2Fweb:flag%2Fx", "Ce-Time", "2026-03-02T10:00:00Z", "Ce-Partitionkey", "x"}
	binary := h.accepted(plainJSON, `{"count":1}`, attributes...)
	if batch[1].ID != structured[0].ID || binary[0].ID != structured[0].ID || !binary[0].Repeated || batch[0].Repeated {
		t.Errorf("one event in three modes: %+v %+v %+v", structured, batch, binary)
	}
	got := h.read(h.key, "?account=harbour&types=flag.counted")
	if len(got.Items) != 2 || got.Items[0].Source != "/shop" || got.Items[0].OrderingKey != "x" || got.Items[0].Version != 1 || got.Items[0].Subject != "proj/web:flag/x" {
		t.Errorf("%+v", got)
	}
	for name, a := range map[string]struct{ kind, body, want string }{
		"old version":    {"application/cloudevents+json", strings.Replace(cloud("c-3"), `"1.0"`, `"0.3"`, 1), "/specversion"},
		"no source":      {"application/cloudevents+json", strings.Replace(cloud("c-3"), `"source":"/shop",`, "", 1), "/source"},
		"other data":     {"application/cloudevents+json", strings.Replace(cloud("c-3"), `"application/json"`, `"text/plain"`, 1), "/datacontenttype"},
		"base64":         {"application/cloudevents+json", strings.Replace(cloud("c-3"), `"data":{"count":1}`, `"data_base64":"e30="`, 1), "/data_base64"},
		"list for one":   {"application/cloudevents+json", "[" + cloud("c-3") + "]", ""},
		"one for a list": {"application/cloudevents-batch+json", cloud("c-3"), ""},
	} {
		if got := h.send(a.kind, a.body); got.Code() != "event_invalid" || !strings.Contains(string(got.Body), a.want) {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
	}
	if a := h.send("text/plain", "{}", attributes...); a.Code() != "content_type_unsupported" {
		t.Errorf("text: %d %s", a.Status, a.Body)
	}
	if a := h.send("application/cloudevents+json", `{"a":1,"a":2}`); a.Code() != "body_duplicate_key" {
		t.Errorf("a member twice: %d %s", a.Status, a.Body)
	}
}
