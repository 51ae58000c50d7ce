package approval_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/token"
)

const flag = "proj/web-shop:env/production:flag/one-page-checkout"

const change = `{"kind":"flag","action":"updateOn","verb":"turned on the flag","target":{"key":"one-page-checkout","name":"One-page \"checkout\"","tags":["shop"]},
"scope":[{"key":"web-shop","name":"Web shop"},{"key":"production","name":"Production","tags":["live"]}],
"actor":{"kind":"member","id":"mem-1","name":"Mira Stone","email":"Mira@Example.com"},"title":"Mira Stone asks to turn on One-page checkout","details":"Turn it on","comment":"For the sale",
"properties":{"servicenowAppId":{"name":"App","values":["APP-7"]},"servicenowAssignmentGroup":{"name":"Group","values":["Shop team"]}}}`

// house is a platform with a partner that remembers how approvals stand.
type house struct {
	*capabilitytest.House
	product access.Principal
	mu      *sync.Mutex
	replies map[string]func(http.ResponseWriter)
}

func start(t *testing.T, open func(*storetest.Clock) *store.DB) house {
	t.Helper()
	clock := storetest.NewClock()
	var db *store.DB
	if open != nil {
		db = open(clock)
	}
	h := house{House: capabilitytest.Start(t, db, clock), mu: &sync.Mutex{}, replies: map[string]func(http.ResponseWriter){}}
	key, err := h.Products.Create(t.Context(), access.Operator(h.Person("olga@example.com")), "Pennant")
	if err != nil {
		t.Fatal(err)
	}
	h.product = h.principal(key)
	h.Handle(func(w http.ResponseWriter, r capabilitytest.Received) {
		h.mu.Lock()
		reply := h.replies[r.Method+" "+r.URI]
		h.mu.Unlock()
		if reply == nil {
			http.NotFound(w, nil)
			return
		}
		reply(w)
	})
	return h
}

func (h house) principal(key token.IssuedProductKey) access.Principal {
	h.T.Helper()
	by, err := h.Products.Authenticate(h.T.Context(), key.Secret.Reveal())
	if err != nil {
		h.T.Fatal(err)
	}
	return by
}

func each(t *testing.T, f func(h house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) { f(start(t, open)) })
}

// says lets the partner answer at an address from now on.
func (h house) says(at string, status int, body string) {
	h.replies0(at, func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

func (h house) replies0(at string, f func(http.ResponseWriter)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.replies[at] = f
}

const (
	opens, stands, applied, cancelled, lists = "POST /api/approvals", "GET /api/approvals/ext-1/status", "POST /api/approvals/ext-1/apply", "POST /api/approvals/ext-1/cancel", "GET /api/members"
	pending                                  = `{"_id":"ext-1","status":{"value":"pending","display":"Waiting for Ada"}}`
)

// custom sets the published integration with all five calls up.
func (h house) custom() configuration.Configuration {
	h.T.Helper()
	h.says(lists, 200, `{"members":[{"name":"m.stone","email":"mira@example.com"},{"name":"nobody"}]}`)
	h.says(opens, 201, pending)
	h.says(stands, 200, pending)
	h.says(applied, 200, `{"status":{"value":"applied","display":"Done"}}`)
	h.says(cancelled, 200, `{"status":{"value":"cancelled","display":"Taken back"}}`)
	return h.Configure(h.Published("custom-approvals"), map[string]any{"apiKey": "ca-key-4711", "baseURL": "https://decide.example.com"})
}

func draft(d approval.Draft) approval.Draft {
	d.Subject, d.Change = flag, json.RawMessage(change)
	if d.Instructions == nil {
		d.Instructions = json.RawMessage(`{"on":true,"n":1.50}`)
	}
	d.Description, d.Page = "Please, for the sale", "https://pennant.example.com/changes/1"
	return d
}

func (h house) ask(d approval.Draft) approval.Approval {
	h.T.Helper()
	a, err := h.Approvals.Ask(h.T.Context(), h.product, "harbour", draft(d))
	if err != nil || a.State != approval.Sending {
		h.T.Fatalf("%+v %v", a, err)
	}
	return a
}

func (h house) get(a approval.Approval) approval.Approval {
	h.T.Helper()
	got, err := h.Approvals.Get(h.T.Context(), h.Admin, a.ID)
	if err != nil {
		h.T.Fatal(err)
	}
	return got
}

// until waits until an approval is in a state.
func (h house) until(a approval.Approval, s approval.State) approval.Approval {
	h.T.Helper()
	var now approval.Approval
	h.Until("it is "+string(s), func() bool {
		now = h.get(a)
		return now.State == s
	})
	return now
}

// passing waits for something while time passes, in steps that come ever more rarely:
// a clock that runs ahead of a slow machine would take every minute's look away
// before it began.
func (h house) passing(what string, f func() bool) {
	h.T.Helper()
	looks := 0
	h.Until(what, func() bool {
		if looks++; looks&(looks-1) == 0 {
			h.Clock.Advance(10 * time.Minute)
		}
		return f()
	})
}

// next is the next request that goes to an address, past others.
func (h house) next(at string) capabilitytest.Received {
	h.T.Helper()
	for {
		if r := h.Next(h.T); r.Method+" "+r.URI == at {
			return r
		}
	}
}

// tasks takes what the product is asked to do now.
func (h house) tasks() []host.Task {
	h.T.Helper()
	got, err := h.Host.Take(h.T.Context(), h.product, host.Query{Limit: 50})
	if err != nil {
		h.T.Fatal(err)
	}
	return got
}

func names(calls []approval.Call) string {
	var out []string
	for _, c := range calls {
		out = append(out, c.Name)
	}
	slices.Sort(out) // the clock stands still
	return strings.Join(out, " ")
}

// An approval blocks a change until the partner has decided; then the product is
// asked to carry it out, and the partner hears that it did.
func TestAnApprovalReleasesAChange(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		c := h.custom()
		a := h.ask(approval.Draft{})
		r := h.next(opens)
		var said struct {
			Site             struct{ Href string } `json:"_site"`
			ID               string                `json:"_id"`
			Details, Comment string
			RequestedBy      struct{ ID, Email string }
			Environment      struct{ Key string }
			Flag             struct{ Name string }
		}
		if err := json.Unmarshal(r.Body, &said); err != nil || said.ID != a.ID.String() || said.Flag.Name != `One-page "checkout"` || said.Environment.Key != "production" || said.RequestedBy.Email != "Mira@Example.com" ||
			said.Comment != "Please, for the sale" || said.Site.Href != "https://pennant.example.com/changes/1" || said.Details != "Turn it on" {
			h.T.Errorf("%s %v", r.Body, err)
		}
		if r.Host != "decide.example.com" || r.Header.Get("Authorization") != "Bearer ca-key-4711" || r.Header.Get("Content-Type") != "application/json" {
			h.T.Errorf("%+v", r)
		}
		now := h.until(a, approval.Pending)
		if now.External != "ext-1" || now.Link != "https://decide.example.com/approvals?approvalID=ext-1" || now.Status != "Waiting for Ada" || now.Title != "Mira Stone asks to turn on One-page checkout" ||
			now.Requester.Name != "Mira Stone" || now.Calls[0].Host != "https://decide.example.com" || now.Calls[0].Status != 201 || len(h.tasks()) != 0 {
			h.T.Errorf("%+v", now)
		}
		// Not before five minutes; what is asked then carries the key and no body.
		h.Clock.Advance(5 * time.Minute)
		if r = h.next(stands); r.Header.Get("Authorization") != "Bearer ca-key-4711" || len(r.Body) != 0 {
			h.T.Errorf("%+v", r)
		}
		h.Until("that was written down", func() bool { return h.get(a).Checked.After(a.Created) })
		h.says(stands, 200, `{"status":{"value":"approved","display":"Ada says yes"}}`)
		h.Clock.Advance(5 * time.Minute)
		now = h.until(a, approval.Approved)
		if now.Status != "Ada says yes" || now.Decided.IsZero() || !now.Closed.IsZero() {
			h.T.Errorf("%+v", now)
		}
		task := h.tasks()
		if len(task) != 1 || task[0].Kind != "approval.apply" || task[0].Subject != flag || task[0].AccountKey != "harbour" || task[0].Reference != "approval/"+a.ID.String() ||
			!strings.Contains(string(task[0].Data), `"instructions":{"on":true,"n":1.50}`) || !strings.Contains(string(task[0].Data), `"email":"Mira@Example.com"`) {
			h.T.Fatalf("%+v", task)
		}
		if _, err := h.Host.Finish(h.T.Context(), h.product, task[0].ID, nil); err != nil {
			h.T.Fatal(err)
		}
		h.next(applied)
		h.Until("the partner has heard", func() bool { now = h.get(a); return now.Told == "done" })
		if now.State != approval.Applied || now.Status != "Done" || now.Closed.IsZero() || names(now.Calls) != "applied open status status" {
			h.T.Errorf("%+v", now)
		}
		got, err := h.Configurations.Get(h.T.Context(), h.Admin, c.ID)
		if err != nil || got.Capabilities[0].Report.Successes != 1 {
			h.T.Errorf("%+v %v", got, err)
		}
	})
}

// Nobody is asked once an approval has ended, and nothing more happens to it.
func TestADeclinedChangeIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		h.custom()
		a := h.ask(approval.Draft{})
		h.until(a, approval.Pending)
		h.says(stands, 200, `{"status":{"value":"declined"}}`)
		if got, err := h.Approvals.Check(h.T.Context(), h.product, a.ID); err != nil || got.State != approval.Pending {
			h.T.Errorf("looking twice in ten seconds asks twice: %+v %v", got, err)
		}
		h.Clock.Advance(10 * time.Second)
		got, err := h.Approvals.Check(h.T.Context(), h.product, a.ID)
		if err != nil || got.State != approval.Declined || got.Status != "declined" {
			h.T.Fatalf("%+v %v", got, err)
		}
		task := h.tasks()
		if len(task) != 1 || task[0].Kind != "approval.declined" || !strings.Contains(string(task[0].Data), `"state":"declined"`) {
			h.T.Errorf("%+v", task)
		}
		if _, err := h.Approvals.Withdraw(h.T.Context(), h.Admin, a.ID); problem.CodeOf(err) != "approval_state" {
			h.T.Error(err)
		}
		h.says(stands, 200, `{"status":{"value":"approved"}}`)
		h.Clock.Advance(time.Hour)
		if got, err = h.Approvals.Check(h.T.Context(), h.product, a.ID); err != nil || got.State != approval.Declined {
			h.T.Errorf("%+v %v", got, err)
		}
	})
}

// What is taken back is taken back at the partner's, and told to the product when a
// person did it.
func TestARequestIsWithdrawn(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		h.custom()
		for _, by := range []access.Principal{h.Admin, h.product} {
			a := h.ask(approval.Draft{})
			h.until(a, approval.Pending)
			if got, err := h.Approvals.Withdraw(h.T.Context(), by, a.ID); err != nil || got.State != approval.Withdrawn {
				h.T.Fatalf("%+v %v", got, err)
			}
			h.next(cancelled)
			h.Until("the partner has heard", func() bool { return h.get(a).Told == "done" })
			if task := h.tasks(); by.User != "" && (len(task) != 1 || task[0].Kind != "approval.withdrawn") || by.User == "" && len(task) != 0 {
				h.T.Errorf("%+v", task)
			}
			if _, err := h.Approvals.Withdraw(h.T.Context(), by, a.ID); err != nil {
				h.T.Error(err)
			}
		}
	})
}
