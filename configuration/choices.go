package configuration

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/manifest/value"
)

const (
	choicesMost  = 10_000           // more, and the field is a free text
	choicesKept  = time.Minute      // how long an answer is remembered
	choicesTime  = 10 * time.Second // for the partner to answer
	rememberMost = 200              // answers
)

// Asked is the choices of one field, asked for with what has been filled in so far.
type Asked struct {
	Field         string         `json:"field" maxLength:"100" doc:"Key of a field of the form"`
	Values        map[string]any `json:"values,omitempty" doc:"As in a change; stored values stand for what is absent"`
	Configuration string         `json:"configuration,omitempty" maxLength:"60" doc:"Id of the one that is changed"`
}

// Choices are those of a field that the partner is asked for.
type Choices struct {
	Items []manifest.SelectOption `json:"items" nullable:"false"`
	// Free says that they could not be had, so that any text may be entered.
	Free   bool   `json:"free,omitempty" doc:"They could not be had: any text may be entered"`
	Reason string `json:"reason,omitempty" doc:"Why not"`
}

// Choices asks the partner for the choices of a field. That it does not answer is
// no error: the field takes any text then. Errors: Invalid `field_unknown`.
func (s *Service) Choices(ctx context.Context, by access.Principal, installation integration.ID, q Asked) (Choices, error) {
	var c Configuration
	var p place
	var connection *request.Connection
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if p, err = s.at(tx, installation.String()); err != nil {
			return err
		}
		if err = reach(by, ActionManage, "installation", p, "*"); err != nil || q.Configuration == "" {
			return err
		}
		c, err = find(tx, q.Configuration)
		if err == nil && c.Installation != p.ID.String() {
			err = problem.NotFound("configuration")
		}
		if err == nil {
			connection, err = s.connection(tx, c, p)
		}
		return err
	})
	if err != nil {
		return Choices{}, err
	}
	d, ok := p.form().Variable(q.Field)
	if !ok || d.Fetch == nil || d.Fetch.Parser == nil || d.Fetch.Parser.Item == nil {
		return Choices{}, problem.Invalid("field_unknown", "There is no field of this name whose choices the partner is asked for.")
	}
	before, err := s.open(c)
	if err != nil {
		return Choices{}, err
	}
	now, _, err := fill(p.form(), before, q.Values)
	if err != nil {
		return Choices{}, problem.Internal("configuration.choices", err)
	}
	in := s.instance(c, p)
	in.Given.Config, in.Given.Time, in.Given.Connection = now, s.DB.Now(), connection
	call, there, err := p.pack.Set.Fetch(manifest.FormInstallation, q.Field, in.Given)
	if err != nil || !there {
		return Choices{Items: []manifest.SelectOption{}, Free: true, Reason: "Fill in the fields before it first."}, nil
	}
	key := p.pack.Digest + "\x00" + q.Field + "\x00" + call.Curl()
	if have, ok := s.asked.get(key, s.DB.Now()); ok {
		return have, nil
	}
	req := capability.Request(call)
	req.Timeout = choicesTime
	res := s.Client.Do(ctx, req)
	out := read(res.Body, d.Fetch.Parser)
	switch {
	case res.Failure != "":
		out = Choices{Free: true, Reason: "The service does not answer (" + string(res.Failure) + ")."}
	case res.Status/100 != 2:
		out = Choices{Free: true, Reason: "The service answered " + strconv.Itoa(res.Status) + " " + http.StatusText(res.Status) + "."}
	}
	if out.Items == nil {
		out.Items = []manifest.SelectOption{}
	}
	if !out.Free {
		s.asked.put(key, out, s.DB.Now())
	}
	return out, nil
}

// read takes the choices out of an answer.
func read(body []byte, p *manifest.FetchParser) Choices {
	bad := func(why string) Choices { return Choices{Free: true, Reason: why} }
	root, err := value.Decode(body)
	if err != nil {
		return bad("The service did not answer with JSON.")
	}
	list, ok := at(root, p.List).(value.List)
	if !ok {
		return bad("The service's answer has no list where the package looks for it.")
	}
	if len(list) > choicesMost {
		return bad("The service answered with more than 10,000 choices.")
	}
	out := Choices{Items: make([]manifest.SelectOption, 0, len(list))}
	seen := map[string]bool{}
	for _, one := range list {
		label, v := scalar(at(one, p.Item.Label)), scalar(at(one, p.Item.Value))
		if label == "" || v == "" {
			return bad("A choice in the service's answer lacks its label or its value.")
		}
		if !seen[v] {
			seen[v] = true
			out.Items = append(out.Items, manifest.SelectOption{Label: label, Value: v})
		}
	}
	return out
}

func at(root value.Value, pointer string) value.Value {
	p, err := value.ParsePointer(pointer)
	if err != nil {
		return nil
	}
	got, _ := p.Get(root)
	return got
}

// scalar is a text, number or boolean as a text; "" for anything else.
func scalar(v value.Value) string {
	switch t := v.(type) {
	case string:
		return t
	case nil, *value.Object, value.List:
		return ""
	default:
		return string(value.AppendJSON(nil, t))
	}
}

// remembered holds what partners have answered, for a moment.
type remembered struct {
	mu   sync.Mutex
	kept map[string]answered
}

type answered struct {
	Choices
	until time.Time
}

func (r *remembered) get(key string, now time.Time) (Choices, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	have, ok := r.kept[key]
	return have.Choices, ok && now.Before(have.until)
}

func (r *remembered) put(key string, c Choices, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil || len(r.kept) >= rememberMost {
		r.kept = map[string]answered{}
	}
	r.kept[key] = answered{c, now.Add(choicesKept)}
}
