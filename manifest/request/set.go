package request

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

// Call is a request to the partner.
type Call struct {
	Method string
	URL    string
	Header []manifest.Header // in order; signatures last
	Body   []byte            // nil: none
}

// Set is a package whose templates are parsed, once for all calls.
type Set struct {
	manifest.Package
	sites map[string]*parsed // by their pointers
	names map[string]*parsed // of files, by path
}

type parsed struct {
	template *template.Template
	dialect  template.Dialect
	json     bool
	at       string // for people: the file, or the place in the manifest
}

// Error is a template that makes nothing of what there is.
type Error struct {
	At    string // file of the package, or JSON pointer in the neutral form
	Cause error  // *template.Error, when it is the template's
}

// Error implements error.
func (e *Error) Error() string { return e.At + ": " + e.Cause.Error() }

// Unwrap implements errors.Unwrap.
func (e *Error) Unwrap() error { return e.Cause }

// Compile parses every template of a package. Error: *Error, or a file that is
// missing.
func Compile(p manifest.Package, files fs.FS) (*Set, error) {
	out := &Set{Package: p, sites: map[string]*parsed{}, names: map[string]*parsed{}}
	for _, s := range p.Sites() {
		one := &parsed{dialect: s.Renders(p.View()), json: s.Dialect == manifest.DialectJSON, at: s.Pointer}
		source := s.Text
		if s.File != "" {
			one.at = s.File
			data, err := fs.ReadFile(files, s.File)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.File, err)
			}
			source = string(data)
			out.names[s.File] = one
		}
		var err error
		if one.template, err = template.Parse(source); err != nil {
			return nil, &Error{one.at, err}
		}
		out.sites[s.Pointer] = one
	}
	return out, nil
}

func (s *Set) native() bool { return s.View() == manifest.ViewNative }

// text renders the template at a place. A JSON body must come out as JSON, or blank.
func (p *parsed) text(root value.Value, o template.Options) ([]byte, error) {
	out, err := p.template.Render(p.dialect, root, o)
	if err == nil && p.json && !template.Blank(out) && !json.Valid(out) {
		_, err = p.template.Body(p.dialect, root, o) // says where it breaks
	}
	if err != nil {
		return nil, &Error{p.at, err}
	}
	return out, nil
}

// endpoint renders address and headers of a call whose body is made already. at is
// the endpoint's pointer.
func (s *Set) endpoint(at string, e manifest.Endpoint, root *value.Object, body []byte, g Given) (Call, error) {
	out := Call{Method: e.Method, Body: body}
	o := template.Options{Signing: g.signing(body)}
	address, err := s.sites[at+"/url"].text(root, o)
	if err != nil {
		return out, err
	}
	out.URL = string(address)
	for i, h := range e.AllHeaders() {
		line := h.Value
		if site := s.sites[at+"/headers/"+strconv.Itoa(i)+"/value"]; site != nil {
			made, err := site.text(root, o)
			if err != nil {
				return out, err
			}
			line = string(made)
		}
		out.Header = append(out.Header, manifest.Header{Name: h.Name, Value: line})
	}
	signed, err := g.signatures(e.Sign, body)
	if err != nil {
		return out, &Error{at + "/sign", err}
	}
	out.Header = append(out.Header, signed...)
	return out, nil
}
