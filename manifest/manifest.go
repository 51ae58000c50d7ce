package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/manifest/launchdarkly"
	"github.com/guestright/guestright/manifest/schema"
)

const (
	// Most is the size of a manifest, in bytes.
	Most     = 1 << 20
	nestMost = 64
	faults   = 200 // that are reported of the schema
)

// ErrUnreadable says that a manifest is not JSON at all.
var ErrUnreadable = errors.New("the manifest cannot be read")

// Read is a manifest that was read: the package as far as it could be
// understood, what the schema says, and the way back to the author's text.
type Read struct {
	Package    Package
	Compatible bool // the manifest has LaunchDarkly's form
	Findings   []Finding

	places  places
	origins launchdarkly.Origins
}

// At turns a pointer of the neutral form into one of the author's text.
func (r Read) At(neutral string) string {
	if !r.Compatible {
		return neutral
	}
	return r.origins.Back(neutral)
}

// Line gives the line of a pointer of the author's text.
func (r Read) Line(pointer string) int { return r.places.line(pointer) }

// Parse reads a manifest in either form. Error: ErrUnreadable; everything else
// is a finding.
func Parse(key string, data []byte) (Read, error) {
	tree, err := decode(data)
	if err != nil {
		return Read{}, err
	}
	r := Read{Compatible: compatible(tree), places: locate(data)}
	for _, at := range r.places.twice {
		r.found(Finding{Pointer: at, Rule: "json.twice", Layer: LayerLint, Severity: Error,
			Message: "This member stands twice.", Mend: "Keep one: readers disagree on which counts."})
	}
	ours := tree
	if r.Compatible {
		r.schema(schema.CheckLaunchDarkly(tree))
		ours, r.origins = launchdarkly.Read(key, tree)
	} else {
		r.schema(schema.CheckNative(tree))
	}
	r.shape(ours)
	p, err := build(ours)
	if err != nil {
		r.found(Finding{Rule: "shape.type", Layer: LayerLint, Severity: Error, Message: "A part of the manifest has another type than it must.", Mend: "Mend the other findings first."})
	}
	p.Key, p.Source = key, bytes.Clone(data)
	r.Package = p
	return r, nil
}

func decode(data []byte) (map[string]any, error) {
	if len(data) > Most {
		return nil, fmt.Errorf("%w: it is larger than %d bytes", ErrUnreadable, Most)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("%w: line %d: %s", ErrUnreadable, 1+bytes.Count(data[:min(int(d.InputOffset()), len(data))], []byte("\n")), plain(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the JSON", ErrUnreadable)
	}
	if deeper(tree, nestMost) {
		return nil, fmt.Errorf("%w: it is nested deeper than %d", ErrUnreadable, nestMost)
	}
	m, ok := tree.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: it is not an object", ErrUnreadable)
	}
	return m, nil
}

func plain(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return "it ends too early"
	}
	return err.Error()
}

func deeper(v any, than int) bool {
	if than == 0 {
		return true
	}
	switch t := v.(type) {
	case map[string]any:
		for _, one := range t {
			if deeper(one, than-1) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(t, func(one any) bool { return deeper(one, than-1) })
	}
	return false
}

// compatible says whether a tree has LaunchDarkly's form: ours has a listing.
func compatible(tree map[string]any) bool {
	_, listing := tree["listing"]
	_, view := tree["contextView"]
	_, says := tree["$schema"]
	return !listing && !view && !says
}

func (r *Read) found(f Finding) {
	f.Line = r.places.line(f.Pointer)
	r.Findings = append(r.Findings, f)
}

// schema turns faults into findings, one for each missing or unknown key.
func (r *Read) schema(all []schema.Fault) {
	slices.SortFunc(all, func(a, b schema.Fault) int { return slices.Compare(a.Path, b.Path) })
	for _, f := range all[:min(len(all), faults)] {
		at := pointer(f.Path)
		if f.Keyword == "additionalProperties" {
			for _, k := range f.Keys[:min(len(f.Keys), 20)] {
				r.found(Finding{Pointer: at + "/" + escape(k), Rule: "schema.unknown", Layer: LayerSchema, Severity: Error, Message: "Nothing here is called like this.", Mend: f.Mend})
			}
			continue
		}
		r.found(Finding{Pointer: at, Rule: "schema." + f.Keyword, Layer: LayerSchema, Severity: Error, Message: f.Message, Mend: f.Mend})
	}
}

// shape takes out of a neutral tree what cannot be read into the model, so that
// the rest can be judged. Wrong types that the compatible schema lets pass are
// findings; others have been reported.
func (r *Read) shape(tree map[string]any) {
	for _, f := range schema.CheckNative(tree) {
		switch f.Keyword {
		case "type":
			if r.Compatible {
				r.lintType(f)
			}
			drop(tree, f.Path)
		case "additionalProperties":
			for _, k := range f.Keys {
				drop(tree, append(slices.Clone(f.Path), k))
			}
		}
	}
}

func (r *Read) lintType(f schema.Fault) {
	at := r.At(pointer(f.Path))
	if slices.ContainsFunc(r.Findings, func(g Finding) bool { return g.Layer == LayerSchema && g.Pointer == at }) {
		return
	}
	r.found(Finding{Pointer: at, Rule: "shape.type", Layer: LayerLint, Severity: Error, Message: f.Message + " The schema lets it pass, and nothing can be done with it.", Mend: f.Mend})
}

// drop takes a member out, and empties an element.
func drop(v any, path []string) {
	for i, step := range path {
		last := i == len(path)-1
		switch t := v.(type) {
		case map[string]any:
			if last {
				delete(t, step)
				return
			}
			v = t[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(t) {
				return
			}
			if last {
				t[n] = nil
				return
			}
			v = t[n]
		default:
			return
		}
	}
}

func build(tree map[string]any) (Package, error) {
	text, err := json.Marshal(tree)
	if err != nil {
		return Package{}, err
	}
	var p Package
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&p); err != nil {
		return Package{}, err
	}
	return p, nil
}

// Tree gives the package as a JSON tree of the neutral form.
func (p Package) tree() (map[string]any, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return decode(text)
}

// Native writes the package in our own form.
func (p Package) Native() ([]byte, error) { return pretty(p) }

// LaunchDarkly writes the package in the compatible form. Error:
// launchdarkly.ErrWords when it says more than that form can.
func (p Package) LaunchDarkly() ([]byte, error) {
	tree, err := p.tree()
	if err != nil {
		return nil, err
	}
	theirs, err := launchdarkly.Write(tree)
	if err != nil {
		return nil, err
	}
	return pretty(theirs)
}

func pretty(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
