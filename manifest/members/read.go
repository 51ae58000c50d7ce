package members

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strconv"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
)

// Collection is what members belong to, in one scope of the product.
type Collection struct {
	ID, Name string
}

// Batch is what a partner has posted, without its members.
type Batch struct {
	Scope       string // id of the scope: an environment, for example
	SubjectKind string // what members are; "user" unless the batch says otherwise
	Collection  Collection
	URL         string      // of the collection, at the partner's
	Body        value.Value // the document with one member of each array, for the answer's template
}

// Member joins a collection or leaves it.
type Member struct {
	ID         string
	In         bool
	Collection Collection // the batch's, unless the member names its own
}

// Error is a document that cannot be read; At is the place by the manifest's
// parser, "" for the document as a whole.
type Error struct{ At, Reason string }

// Error implements error.
func (e *Error) Error() string {
	if e.At == "" {
		return e.Reason
	}
	return e.At + " " + e.Reason
}

// SubjectKind is what members are where nobody says.
const SubjectKind = "user"

type reader struct {
	from   io.ReadSeeker
	p      manifest.MembershipParser
	batch  Batch
	joins  bool // by the action of the batch
	arrays []array
}

// array is one of the members' arrays that the document has.
type array struct {
	at  value.Pointer
	in  bool // of the styles that do not ask the member
	ask bool // the member says
}

// Document is a batch that was judged, and whose members can be gone through.
type Document struct {
	Batch
	r *reader
}

// Open reads a batch without its members. Errors: *Error; of reading.
func Open(from io.ReadSeeker, p manifest.MembershipParser) (*Document, error) {
	r := &reader{from: from, p: p}
	err := r.head()
	return &Document{r.batch, r}, err
}

// Each calls f for every member: those of the one array, or those who join and then
// those who leave. Errors: *Error; what f returns; of reading.
func (d *Document) Each(f func(Member) error) error {
	for _, a := range d.r.arrays {
		if err := d.r.each(a, f); err != nil {
			return err
		}
	}
	return nil
}

// Read opens a batch and goes through its members. Errors: as Open and Each.
func Read(from io.ReadSeeker, p manifest.MembershipParser, each func(Member) error) (Batch, error) {
	d, err := Open(from, p)
	if err != nil {
		return d.Batch, err
	}
	return d.Batch, d.Each(each)
}

func (r *reader) each(a array, f func(Member) error) error {
	s, err := open(r.from, nil)
	if err != nil {
		return err
	}
	n := 0
	var own error
	err = s.each(a.at.Steps(), func(v value.Value) error {
		m, err := r.member(v, a, n)
		n++
		if err == nil {
			err = f(m)
		}
		own = err
		return err
	})
	if own != nil {
		return own
	}
	if err != nil {
		return unreadable(err)
	}
	return nil
}

func unreadable(err error) error {
	if _, ok := errors.AsType[*json.SyntaxError](err); ok || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return &Error{Reason: "cannot be read as JSON: " + err.Error()}
	}
	for _, known := range []error{errLong, errMany, errDeep, errTwice, errMore} {
		if errors.Is(err, known) {
			return &Error{Reason: known.Error()}
		}
	}
	return err
}

// head reads all but the members.
func (r *reader) head() error {
	var lists [][]string
	m := r.p.Members
	for _, at := range []manifest.Opt[string]{m.List, m.Add, m.Remove} {
		if at.Present() {
			p, err := value.ParsePointer(at.Get())
			if err != nil {
				return &Error{at.Get(), "is no pointer"}
			}
			lists = append(lists, p.Steps())
		}
	}
	s, err := open(r.from, lists)
	if err != nil {
		return err
	}
	body, err := s.head(nil)
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return unreadable(err)
	}
	r.batch.Body = body
	if r.batch.Scope, err = required(body, r.p.ScopeID); err != nil {
		return err
	}
	if r.batch.Collection.ID, err = required(body, r.p.Collection.ID); err != nil {
		return err
	}
	if r.batch.Collection.Name, err = required(body, r.p.Collection.Name); err != nil {
		return err
	}
	r.batch.SubjectKind, r.batch.URL = SubjectKind, ""
	if kind, ok := optional(body, r.p.SubjectKind); ok {
		r.batch.SubjectKind = kind
	}
	r.batch.URL, _ = optional(body, r.p.Collection.URL)
	if a := m.Action; a != nil {
		does, err := required(body, a.Path)
		if err != nil {
			return err
		}
		match, err := regexp.Compile(a.Matcher)
		if err != nil {
			return &Error{a.Path, "has a matcher that cannot be read"}
		}
		r.joins = match.MatchString(does)
	}
	return r.find(body)
}

// find says which arrays there are to be gone through.
func (r *reader) find(body value.Value) error {
	m := r.p.Members
	if m.Style() != manifest.StyleArrays {
		v, p, err := at(body, m.List.Get())
		if err != nil {
			return err
		}
		if _, ok := v.(value.List); !ok {
			return &Error{m.List.Get(), "is no list"}
		}
		r.arrays = append(r.arrays, array{at: p, in: r.joins, ask: m.Style() == manifest.StyleFlag})
		return nil
	}
	for _, one := range []struct {
		at manifest.Opt[string]
		in bool
	}{{m.Add, true}, {m.Remove, false}} {
		if !one.at.Present() {
			continue
		}
		v, p, err := at(body, one.at.Get())
		if err != nil {
			continue // it is not there, which is an empty one
		}
		if _, ok := v.(value.List); !ok {
			return &Error{one.at.Get(), "is no list"}
		}
		r.arrays = append(r.arrays, array{at: p, in: one.in})
	}
	return nil
}

// member reads the n-th item of an array.
func (r *reader) member(v value.Value, a array, n int) (Member, error) {
	out := Member{In: a.in, Collection: r.batch.Collection}
	item := r.p.Members.Item
	place := func(err error) error {
		if e, ok := errors.AsType[*Error](err); ok {
			return &Error{a.at.String() + "/" + strconv.Itoa(n) + e.At, e.Reason}
		}
		return err
	}
	if item == nil {
		return out, &Error{"", "has members of which nobody says where their ids are"}
	}
	var err error
	if out.ID, err = required(v, item.ID); err != nil {
		return out, place(err)
	}
	if a.ask {
		flag, _, err := at(v, item.Flag.Get())
		if err != nil {
			return out, place(err)
		}
		in, ok := flag.(bool)
		if !ok {
			return out, place(&Error{item.Flag.Get(), "is neither true nor false"})
		}
		out.In = in
	}
	if id, ok := optional(v, item.CollectionID); ok {
		out.Collection = Collection{ID: id, Name: id}
		if id == r.batch.Collection.ID {
			out.Collection.Name = r.batch.Collection.Name
		}
	}
	if name, ok := optional(v, item.CollectionName); ok {
		out.Collection.Name = name
	}
	return out, nil
}

// at finds what is at a place; null is not there.
func at(v value.Value, pointer string) (value.Value, value.Pointer, error) {
	p, err := value.ParsePointer(pointer)
	if err != nil {
		return nil, p, &Error{pointer, "is no pointer"}
	}
	got, ok := p.Get(v)
	if !ok || got == nil {
		return nil, p, &Error{pointer, "is missing"}
	}
	return got, p, nil
}

// required is a text or a number, as text.
func required(v value.Value, pointer string) (string, error) {
	got, _, err := at(v, pointer)
	if err != nil {
		return "", err
	}
	switch t := got.(type) {
	case string:
		return t, nil
	case json.Number:
		return t.String(), nil
	}
	return "", &Error{pointer, "is neither a text nor a number"}
}

func optional(v value.Value, pointer manifest.Opt[string]) (string, bool) {
	if !pointer.Present() {
		return "", false
	}
	s, err := required(v, pointer.Get())
	return s, err == nil
}
