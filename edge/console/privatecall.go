package console

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/private"
)

const (
	// tryMost bounds what is kept of an answer, in bytes.
	tryMost = 16 << 10
	// tryPatience is how long an answer is waited for.
	tryPatience = 10 * time.Second
	// tryBody bounds a body that is typed, in bytes.
	tryBody = 64 << 10
)

// testView is the page on which a private integration is tried.
type testView struct {
	private.Listed
	Operations []testOperation // all that can be tried, those that its scopes allow first
	Chosen     *catalog.Operation
	Params     []testParam
	Reached    []private.Reached
	Account    string // key of the account to call in
	Places     bool   // the account is named by the call and can be chosen
	Body       string
	HasBody    bool
	Raw        string // the token, as it was typed or is new
	Token      string // of the form
	Writes     bool   // the operation changes something
	Result     *tried
	Faults     faults
}

// testOperation is an operation to choose.
type testOperation struct {
	ID, Text string
	Allowed  bool
}

// testParam is one value that the call needs.
type testParam struct {
	catalog.Parameter
	Field, Value string
}

// tried is how a call went.
type tried struct {
	Status   int
	Line     string // method and path as they were sent
	Headers  []page.Fact
	Body     string
	Cut      bool
	Took     time.Duration
	Passed   bool // the gateway let it through; what stands in Body is the product's
	Code     string
	Detail   string
	Decision string
	Required string
	Granted  []string
	Missing  []string
	Ways     [][]string // every smallest set that would do
	Address  string     // from which the call came
}

func testPrivatePage(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	if v.Calls == nil || l.State == private.Deleted {
		return problem.NotFound("page")
	}
	return showTest(v, testView{Listed: l}, v.query("operation"))
}

// showTest fills in what the chosen operation needs.
func showTest(v *visit, d testView, operation string) error {
	cat := v.Catalog.Get()
	var err error
	if d.Reached, err = v.Private.ReachedBy(v.ctx(), v.by, d.ID); err != nil {
		return err
	}
	d.Operations = testOperations(cat, d.Scopes)
	if operation == "" {
		if t, ok := triable(cat, d.Scopes); ok {
			operation = t.ID
		} else if len(d.Operations) > 0 {
			operation = d.Operations[0].ID
		}
	}
	if o, ok := cat.Operation(operation); ok && slices.ContainsFunc(d.Operations, func(t testOperation) bool { return t.ID == o.ID }) {
		d.Chosen = o
		d.needs(v, cat, o)
	}
	if d.Account == "" {
		d.Account = d.AccountKey
	}
	d.Token = v.token(privatePath(d.ID) + "/test")
	return v.aboutPrivate(d.Listed, "/test", sheet{title: "Test", status: d.Faults.status(), trail: []page.Link{{Text: "Test"}}, body: privateTest(v, d)})
}

// testOperations are those that the gateway knows and that answer at once.
func testOperations(cat *catalog.Catalog, scopes []string) []testOperation {
	bits := cat.Bits(scopes)
	var out []testOperation
	for _, id := range cat.Operations() {
		o, ok := cat.Operation(id)
		r, known := cat.Route(id)
		if !ok || !known || r.Internal || endless(o) {
			continue
		}
		text := o.Method + " " + o.Path
		if o.Summary != "" {
			text += ": " + o.Summary
		}
		out = append(out, testOperation{ID: id, Text: text, Allowed: r.Public || !r.Unmapped() && r.Program.Met(bits)})
	}
	slices.SortStableFunc(out, func(a, b testOperation) int {
		switch {
		case a.Allowed == b.Allowed:
			return 0
		case a.Allowed:
			return -1
		}
		return 1
	})
	return out
}

// needs lists the values that the operation asks for, with those that were typed or are known.
func (d *testView) needs(v *visit, cat *catalog.Catalog, o *catalog.Operation) {
	key := cat.File().Product.Account
	t, ok := trialOf(key, *o)
	if !ok {
		return // the account is part of the host name: the call goes to the grant's own account
	}
	for _, p := range t.Parameters {
		if p.Name == t.account {
			d.Places = true
			continue
		}
		if !p.Required && p.In != "path" || strings.EqualFold(p.Name, "Authorization") {
			continue
		}
		one := testParam{Parameter: p, Field: p.In + ":" + p.Name}
		one.Value = cmp.Or(v.field(one.Field), p.Sample())
		d.Params = append(d.Params, one)
	}
	d.Writes = o.Method != http.MethodGet && o.Method != http.MethodHead
	for _, b := range o.Bodies {
		if strings.Contains(b.Type, "json") {
			d.HasBody = true
			if d.Body == "" && v.r.PostForm.Get("body") == "" {
				d.Body = exampleBody(b.Example)
			}
			break
		}
	}
}

func exampleBody(raw json.RawMessage) string {
	var b bytes.Buffer
	if len(raw) == 0 || json.Indent(&b, raw, "", "  ") != nil {
		return ""
	}
	return b.String()
}

// testPrivate sends one call with the token through the gateway, as a caller would, and shows what
// came of it. Choosing another operation only draws the form anew.
func testPrivate(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	if v.Calls == nil || l.State == private.Deleted {
		return problem.NotFound("page")
	}
	d := testView{Listed: l, Raw: v.field("token"), Account: v.field("account"), Body: v.r.PostForm.Get("body")}
	operation := v.field("operation")
	if v.field("do") != "run" {
		d.Body = ""
		return showTest(v, d, operation)
	}
	ok, err := v.Private.Owns(v.ctx(), v.by, l.ID, secret.New(d.Raw))
	if err != nil {
		return err
	}
	if !ok {
		d.Faults = faults{text: "Nothing was sent.", fields: fieldFault("/token", "This is not a token of this integration. Paste the one that begins with grpk_.")}
		d.Raw = ""
		return showTest(v, d, operation)
	}
	if d.Account == "" {
		d.Account = d.AccountKey
	}
	result, f := v.call(d, operation)
	d.Result, d.Faults = result, f
	return showTest(v, d, operation)
}

// call sends the call that the form describes.
func (v *visit) call(d testView, operation string) (*tried, faults) {
	cat := v.Catalog.Get()
	o, ok := cat.Operation(operation)
	if !ok || endless(o) {
		return nil, faults{text: "Choose an operation."}
	}
	t, _ := trialOf(cat.File().Product.Account, *o)
	target, header := o.Path, http.Header{}
	if r, ok := cat.Route(operation); ok {
		target = r.Template // with the base path
	}
	query := url.Values{}
	var missing []problem.Field
	for _, p := range t.Parameters {
		value := v.field(p.In + ":" + p.Name)
		if p.Name == t.account {
			value = d.Account
		}
		if value == "" {
			if p.In == "path" {
				missing = append(missing, fieldFault("/"+p.In+":"+p.Name, "Fill this in.")...)
			}
			continue
		}
		switch p.In {
		case "path":
			target = strings.ReplaceAll(target, "{"+p.Name+"}", url.PathEscape(value))
		case "query":
			query.Set(p.Name, value)
		case "header":
			if !strings.ContainsAny(value, "\r\n") {
				header.Set(p.Name, value)
			}
		}
	}
	if len(missing) > 0 {
		return nil, faults{text: "Nothing was sent: the call needs more.", fields: missing}
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	body := d.Body
	if o.Method == http.MethodGet || o.Method == http.MethodHead || len(body) > tryBody {
		body = ""
	}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	header.Set("Authorization", "Bearer "+d.Raw)
	header.Set("Accept", "*/*")
	header.Set("User-Agent", "Guestright console")
	return v.send(trial{Operation: *o}, sent{target: target, header: header, body: body})
}

// sent is a call that is about to be made.
type sent struct {
	target string
	header http.Header
	body   string
}

// send gives the call to the gateway's own door in this process. It is judged, limited and counted like
// any other; its address is the person's, since they are who calls.
func (v *visit) send(t trial, s sent) (*tried, faults) {
	base, err := url.Parse(v.Gateway)
	if err != nil {
		return nil, faults{text: "The address of the gateway can't be read."}
	}
	ctx, cancel := context.WithTimeout(v.ctx(), tryPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, t.Method, base.Scheme+"://"+base.Host+s.target, strings.NewReader(s.body))
	if err != nil {
		return nil, faults{text: "That makes no address that could be called. Look at the values."}
	}
	if s.body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	r.Header, r.Host, r.RequestURI = s.header, base.Host, s.target
	client := web.From(v.ctx()).Client()
	r.RemoteAddr = net.JoinHostPort(client.String(), "0")
	w := &kept{header: http.Header{}}
	begun := time.Now()
	whole := serve(v.Calls, w, r)
	out := &tried{Status: w.status, Line: t.Method + " " + s.target, Took: time.Since(begun), Cut: w.cut || !whole, Address: client.String()}
	if out.Status == 0 {
		out.Status = http.StatusOK
	}
	out.read(w)
	out.explain(v, t.Operation)
	return out, faults{}
}

// serve runs the handler; false when it broke the answer off.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (whole bool) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			panic(p)
		}
		whole = false
	}()
	h.ServeHTTP(w, r)
	return true
}

// shownHeaders are the fields of an answer that help to understand it.
var shownHeaders = []string{"Content-Type", "RateLimit", "RateLimit-Policy", "Retry-After", "Deprecation", "Sunset", "Location", "Guestright-Decision"}

func (t *tried) read(w *kept) {
	for _, name := range shownHeaders {
		if value := w.header.Get(name); value != "" {
			t.Headers = append(t.Headers, page.Fact{Name: name, Value: page.Mono(value)})
		}
	}
	t.Decision = w.header.Get("Guestright-Decision")
	kind := w.header.Get("Content-Type")
	switch {
	case w.body.Len() == 0:
	case strings.Contains(kind, "json"):
		t.Body = redacted(w.body.Bytes())
	case strings.HasPrefix(kind, "text/"):
		t.Body = hide(strings.ToValidUTF8(w.body.String(), "�"))
	default:
		t.Body = "(" + strconv.Itoa(w.body.Len()) + " bytes of " + cmp.Or(kind, "an unnamed type") + ")"
	}
	var doc struct {
		Code, Detail string
		Granted      []string
		Missing      []string
		Alternatives [][]string
		Decision     string
	}
	// Only the gateway's own refusals name a decision in the document.
	if strings.Contains(kind, "problem+json") && json.Unmarshal(w.body.Bytes(), &doc) == nil && doc.Decision != "" && doc.Decision == t.Decision {
		t.Code, t.Detail, t.Granted, t.Missing, t.Ways = doc.Code, doc.Detail, doc.Granted, doc.Missing, doc.Alternatives
		return
	}
	t.Passed = true
}

// explain adds what the operation requires, which the catalog knows.
func (t *tried) explain(v *visit, o catalog.Operation) {
	shown, err := v.Catalog.Get().ShowOperation(o.ID)
	switch {
	case err != nil:
	case shown.Public:
		t.Required = "nothing: every integration may call it"
	case shown.Unmapped:
		t.Required = "the operator has not said yet"
	default:
		t.Required = shown.Text
		if len(t.Ways) == 0 {
			t.Ways = waysOf(shown.Alternatives)
		}
	}
}

func waysOf(sets [][]access.Atom) [][]string {
	out := make([][]string, len(sets))
	for i, set := range sets {
		for _, a := range set {
			out[i] = append(out[i], a.Name)
		}
	}
	return out
}

// kept takes an answer up to a limit.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
	cut    bool
}

// Header implements http.ResponseWriter.
func (k *kept) Header() http.Header { return k.header }

// WriteHeader implements http.ResponseWriter; interim answers are passed over.
func (k *kept) WriteHeader(status int) {
	if k.status == 0 && status >= http.StatusOK {
		k.status = status
	}
}

// Write implements http.ResponseWriter. What is beyond the limit is not kept.
func (k *kept) Write(b []byte) (int, error) {
	room := tryMost - k.body.Len()
	if len(b) > room {
		k.cut = true
		k.body.Write(b[:max(room, 0)]) //nolint:errcheck // a buffer takes everything
		return len(b), nil
	}
	return k.body.Write(b)
}

// Flush implements http.Flusher.
func (k *kept) Flush() {}
