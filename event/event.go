package event

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies an Event in the whole house. It is made of its number and its
// time, so that it needs no index of its own.
type ID = ident.ID[Event]

// Event is one line of the log.
type Event struct {
	ID          ID              `json:"id" doc:"Unique, and the same at every delivery: remember it to do things once"`
	Type        string          `json:"type"`
	Version     int             `json:"version,omitempty" doc:"Version of the type's schema"`
	Timestamp   time.Time       `json:"timestamp" doc:"When it happened"`
	Account     string          `json:"account" doc:"Id of the account"`
	AccountKey  string          `json:"account_key" doc:"The product's own key of the account"`
	Sequence    int64           `json:"sequence" doc:"Counts the events of the account from 1, without gaps"`
	Subject     string          `json:"subject,omitempty" doc:"The resource that it is about"`
	OrderingKey string          `json:"ordering_key,omitempty"`
	Source      string          `json:"source,omitempty"`
	Key         string          `json:"source_id,omitempty" doc:"The sender's own id"`
	Test        bool            `json:"test,omitempty" doc:"Made up to try something: it did not happen"`
	Data        json.RawMessage `json:"data"`

	N           int64     `json:"-"` // place in the whole log
	Accepted    time.Time `json:"-"`
	Application string    `json:"-"` // of our own events: whom it is about
	print       string
}

// IDPrefix implements ident.Named.
func (Event) IDPrefix() string { return "evt" }

// Draft is an event as the product sends it.
type Draft struct {
	ID          string          `json:"id,omitempty" maxLength:"200" doc:"Your own id of the event. Sent again, the event is accepted once" example:"ord-4711-created"`
	Type        string          `json:"type" maxLength:"100" doc:"A type of the catalog" example:"order.created"`
	Version     int             `json:"version,omitempty" minimum:"0" doc:"Version of the type's schema; the newest when absent"`
	Account     string          `json:"account_key" maxLength:"200" doc:"Your own key of the account" example:"harbour-books"`
	Timestamp   *time.Time      `json:"timestamp,omitempty" doc:"When it happened; now when absent"`
	Subject     string          `json:"subject,omitempty" maxLength:"1000" doc:"The resource that it is about, such as proj/web:flag/dark-mode"`
	OrderingKey string          `json:"ordering_key,omitempty" maxLength:"200" doc:"Events with one key reach an ordered endpoint one after another"`
	Source      string          `json:"source,omitempty" maxLength:"200" doc:"Which part of your product it comes from"`
	Data        json.RawMessage `json:"data" doc:"A JSON object that fits the type's schema"`
}

// Limits of what is accepted.
const (
	BatchMost = 1000
	DataMost  = 64 << 10 // bytes of data
	keyMost   = 200
)

// plain is what an id or a key may consist of: printable ASCII, so that it can
// stand in headers.
func plain(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < 0x21 || r > 0x7e })
}

// check judges a draft by the catalog and gives its type. at is its JSON pointer.
func (d *Draft) check(cat *catalog.Catalog, at string) (*catalog.Event, []problem.Field) {
	var f []problem.Field
	say := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: at + pointer, Code: code, Detail: detail})
	}
	if len(d.ID) > keyMost || !plain(d.ID) {
		say("/id", "malformed", "At most 200 printable ASCII characters without spaces.")
	}
	if len(d.OrderingKey) > keyMost || !plain(d.OrderingKey) {
		say("/ordering_key", "malformed", "At most 200 printable ASCII characters without spaces.")
	}
	if len(d.Source) > keyMost || !plain(d.Source) {
		say("/source", "malformed", "At most 200 printable ASCII characters without spaces.")
	}
	if strings.HasPrefix(d.Source, catalog.OwnEvents) {
		say("/source", "reserved", "Sources that begin with guestright. are Guestright's own.")
	}
	if d.Account == "" {
		say("/account_key", "required", "Name the account by your own key.")
	}
	switch {
	case len(d.Data) == 0 || string(d.Data) == "null":
		say("/data", "required", "An event has data, if only {}.")
		return nil, f
	case len(d.Data) > DataMost:
		say("/data", "too_large", "At most "+strconv.Itoa(DataMost>>10)+" KiB.")
		return nil, f
	}
	e, ok := cat.Event(d.Type)
	if !ok {
		say("/type", "unknown", "The catalog has no such type of event.")
		return nil, f
	}
	if d.Version == 0 {
		d.Version = e.Latest
	}
	if !e.Has(d.Version) {
		say("/version", "unknown", "The catalog has no such version of this type.")
		return e, f
	}
	f = append(f, e.Check(d.Version, d.Data, at+"/data")...)
	return e, append(f, d.checkSubject(e, at)...)
}

func (d *Draft) checkSubject(e *catalog.Event, at string) []problem.Field {
	if d.Subject == "" {
		if e.Resource != "" {
			return []problem.Field{{Pointer: at + "/subject", Code: "required", Detail: "Events of this type are about a resource of the kind " + e.Resource + ": name it."}}
		}
		return nil
	}
	if _, err := access.ParseResource(d.Subject); err != nil || len(d.Subject) > 1000 || strings.Contains(d.Subject, ";") {
		return []problem.Field{{Pointer: at + "/subject", Code: "malformed", Detail: "Write the resource like proj/web:flag/dark-mode, without tags."}}
	}
	return nil
}

// fingerprint tells events apart that carry one id.
func (d *Draft) fingerprint() string {
	h := sha256.New()
	at := ""
	if d.Timestamp != nil {
		at = d.Timestamp.UTC().Format(time.RFC3339Nano)
	}
	for _, part := range []string{d.Type, strconv.Itoa(d.Version), at, d.Subject, d.OrderingKey, d.Source} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	h.Write(d.Data)
	return base64.RawStdEncoding.EncodeToString(h.Sum(nil)[:16])
}

// number gives an event its places in the logs, and with them its id.
func (e *Event) number(n, seq int64) {
	e.N, e.Sequence = n, seq
	e.ID = ident.Numbered[Event](n, e.Accepted)
}

// Own reports whether the event is one of ours.
func (e *Event) Own() bool { return strings.HasPrefix(e.Type, catalog.OwnEvents) }

// Like reports whether a pattern names a type; * stands for any characters, also
// none.
func Like(pattern, name string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	if !strings.HasPrefix(name, head) {
		return false
	}
	name = name[len(head):]
	for {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, part)
		}
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(part):], after
	}
}
