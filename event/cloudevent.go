package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/guestright/guestright/kit/problem"
)

// The media types in which events arrive.
const (
	typeJSON   = "application/json"
	typeCloud  = "application/cloudevents+json"
	typeClouds = "application/cloudevents-batch+json"
)

// CloudEvent is the JSON format of a CloudEvent 1.0
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md),
// with the extensions that we know: account, partitionkey (the partitioning
// extension) and typeversion. Others are passed over, as the standard asks.
type CloudEvent struct {
	SpecVersion  string          `json:"specversion" enum:"1.0"`
	ID           string          `json:"id" minLength:"1"`
	Source       string          `json:"source" minLength:"1"`
	Type         string          `json:"type" minLength:"1"`
	Account      string          `json:"account" minLength:"1" doc:"Extension: your own key of the account"`
	Subject      string          `json:"subject,omitempty"`
	Time         *time.Time      `json:"time,omitempty"`
	ContentType  string          `json:"datacontenttype,omitempty" doc:"JSON; application/json when absent"`
	PartitionKey string          `json:"partitionkey,omitempty" doc:"Extension: the ordering key"`
	TypeVersion  string          `json:"typeversion,omitempty" doc:"Extension: version of the type's schema"`
	Data         json.RawMessage `json:"data"`
	Base64       *string         `json:"data_base64,omitempty" doc:"Not taken: data are JSON"`
}

// draft is what a CloudEvent says, in our words.
func (c *CloudEvent) draft(at string) (Draft, []problem.Field) {
	var f []problem.Field
	say := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: at + pointer, Code: code, Detail: detail})
	}
	if c.SpecVersion != "1.0" {
		say("/specversion", "unknown", "Version 1.0 of CloudEvents is understood.")
	}
	for pointer, value := range map[string]string{"/id": c.ID, "/source": c.Source, "/type": c.Type} {
		if value == "" {
			say(pointer, "required", "CloudEvents require this.")
		}
	}
	if c.ContentType != "" && !isJSON(c.ContentType) {
		say("/datacontenttype", "unknown", "Data are JSON.")
	}
	if c.Base64 != nil {
		say("/data_base64", "unknown", "Data are JSON, in data.")
	}
	if c.Account == "" {
		say("/account", "required", "Name the account by your own key, in the extension account.")
	}
	d := Draft{ID: c.ID, Type: c.Type, Account: c.Account, Timestamp: c.Time, Subject: c.Subject, OrderingKey: c.PartitionKey, Source: c.Source, Data: c.Data}
	if c.TypeVersion != "" {
		n, err := strconv.Atoi(c.TypeVersion)
		if err != nil || n < 1 {
			say("/typeversion", "malformed", "Versions are numbered 1, 2 and so on.")
		}
		d.Version = n
	}
	return d, f
}

func isJSON(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	return kind == typeJSON || strings.HasSuffix(kind, "+json")
}

// Binary holds the attributes of a CloudEvent in binary mode
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md).
type Binary struct {
	SpecVersion  string `header:"Ce-Specversion" doc:"With it, the body is the data of a CloudEvent in binary mode"`
	ID           string `header:"Ce-Id"`
	Source       string `header:"Ce-Source"`
	Type         string `header:"Ce-Type"`
	Account      string `header:"Ce-Account" doc:"Extension: your own key of the account"`
	Subject      string `header:"Ce-Subject"`
	Time         string `header:"Ce-Time"`
	PartitionKey string `header:"Ce-Partitionkey"`
	TypeVersion  string `header:"Ce-Typeversion"`
}

func binaryOf(h http.Header) Binary {
	return Binary{SpecVersion: h.Get("Ce-Specversion"), ID: h.Get("Ce-Id"), Source: h.Get("Ce-Source"), Type: h.Get("Ce-Type"), Account: h.Get("Ce-Account"),
		Subject: h.Get("Ce-Subject"), Time: h.Get("Ce-Time"), PartitionKey: h.Get("Ce-Partitionkey"), TypeVersion: h.Get("Ce-Typeversion")}
}

// event puts attributes and body together. Attributes may be percent-encoded.
func (b Binary) event(body []byte) (CloudEvent, []problem.Field) {
	c := CloudEvent{Data: body}
	var f []problem.Field
	for _, a := range []struct {
		to   *string
		name string
		from string
	}{
		{&c.SpecVersion, "specversion", b.SpecVersion}, {&c.ID, "id", b.ID}, {&c.Source, "source", b.Source}, {&c.Type, "type", b.Type}, {&c.Account, "account", b.Account},
		{&c.Subject, "subject", b.Subject}, {&c.PartitionKey, "partitionkey", b.PartitionKey}, {&c.TypeVersion, "typeversion", b.TypeVersion},
	} {
		value, err := url.PathUnescape(a.from)
		if err != nil {
			f = append(f, problem.Field{Pointer: "header/ce-" + a.name, Code: "malformed", Detail: "This is not percent-encoded rightly."})
		}
		*a.to = value
	}
	if b.Time != "" {
		at, err := time.Parse(time.RFC3339Nano, b.Time)
		if err != nil {
			f = append(f, problem.Field{Pointer: "header/ce-time", Code: "malformed", Detail: "A time is written as in RFC 3339."})
		}
		c.Time = &at
	}
	return c, f
}

// message is a request as it came.
type message struct {
	Kind   string // media type of the body
	Binary Binary
	Body   []byte
}

// drafts reads a request: one event or a list of them, in our words or as
// CloudEvents. listed says whether pointers begin with a place in a list.
func (m message) drafts() (out []Draft, listed bool, err error) {
	clouds := m.Kind != typeJSON
	if m.Binary.SpecVersion != "" {
		if clouds {
			return nil, false, problem.Invalid("event_invalid", "An event is in binary mode or in structured mode, not both.")
		}
		c, f := m.Binary.event(m.Body)
		d, more := c.draft("header")
		if f = append(f, more...); len(f) > 0 {
			return nil, false, invalid(f)
		}
		return []Draft{d}, false, nil
	}
	body := bytes.TrimLeft(m.Body, " \t\r\n")
	listed = len(body) > 0 && body[0] == '['
	if clouds && listed != (m.Kind == typeClouds) {
		return nil, false, problem.Invalid("event_invalid", "A batch of CloudEvents is a list, and a single one is an object.")
	}
	parts := []json.RawMessage{body}
	if listed {
		parts = nil
		if err := json.Unmarshal(body, &parts); err != nil {
			return nil, true, problem.Invalid("body_unparseable", "The body is not valid JSON.").Because(err)
		}
	}
	if len(parts) == 0 || len(parts) > BatchMost {
		return nil, listed, problem.Invalid("event_batch", "Send 1 to 1,000 events at a time.")
	}
	var f []problem.Field
	out = make([]Draft, len(parts))
	for i, p := range parts {
		f = append(f, readDraft(p, &out[i], reading{clouds: clouds, at: at(listed, i)})...)
	}
	if len(f) > 0 {
		return nil, listed, invalid(f)
	}
	return out, listed, nil
}

func at(listed bool, i int) string {
	if !listed {
		return ""
	}
	return "/" + strconv.Itoa(i)
}

// strict reads what the usual reader reads, of names in their own case, in half the time.
var strict = jsonv2.JoinOptions(jsonv2.RejectUnknownMembers(true), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

type reading struct {
	clouds bool
	at     string
}

func readDraft(body json.RawMessage, into *Draft, how reading) []problem.Field {
	if !how.clouds && jsonv2.Unmarshal(body, into, strict) == nil {
		return nil
	}
	*into = Draft{} // the other reader says what is wrong, in its words
	var c CloudEvent
	dec := json.NewDecoder(bytes.NewReader(body))
	var err error
	if how.clouds {
		err = dec.Decode(&c)
	} else {
		dec.DisallowUnknownFields()
		err = dec.Decode(into)
	}
	if err != nil {
		return []problem.Field{shape(err, how.at)}
	}
	if !how.clouds {
		return nil
	}
	d, f := c.draft(how.at)
	*into = d
	return f
}

// shape says which member is not in the expected form, without its value.
func shape(err error, at string) problem.Field {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && t.Field != "" {
		return problem.Field{Pointer: at + "/" + strings.ReplaceAll(t.Field, ".", "/"), Code: "malformed", Detail: "This is not in the expected form."}
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return problem.Field{Pointer: at + "/" + strings.Trim(name, `"`), Code: "unknown", Detail: "There is no such member."}
	}
	if _, ok := errors.AsType[*time.ParseError](err); ok {
		return problem.Field{Pointer: at + "/timestamp", Code: "malformed", Detail: "A time is written as in RFC 3339."}
	}
	return problem.Field{Pointer: at, Code: "malformed", Detail: "An event is a JSON object."}
}

// invalid answers a request of which nothing was accepted.
func invalid(f []problem.Field) error {
	const most = 50
	return problem.Invalid("event_invalid", "Nothing was accepted: some parts need another look.", f[:min(len(f), most)]...)
}
