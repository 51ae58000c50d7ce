package bundle

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

const (
	svgSpace   = "http://www.w3.org/2000/svg"
	xlinkSpace = "http://www.w3.org/1999/xlink"
	svgDepth   = 64
	svgParts   = 20_000
	svgUses    = 200
)

// drawn are the elements that only draw. What can load, run, animate or hold a
// page is none of them.
var drawn = []string{
	"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title", "desc",
	"defs", "use", "symbol", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern", "marker", "image", "style", "switch",
	"filter", "feBlend", "feColorMatrix", "feComponentTransfer", "feComposite", "feDropShadow", "feFlood", "feFuncA", "feFuncB", "feFuncG", "feFuncR",
	"feGaussianBlur", "feMerge", "feMergeNode", "feMorphology", "feOffset", "feTile",
}

var errSVG = errors.New("it is no SVG")

// SVG rewrites a picture with what only draws, and says what it took out.
func SVG(data []byte) ([]byte, []string, error) {
	w := &svgWriter{dec: xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))}
	if err := w.copy(); err != nil {
		return nil, nil, err
	}
	return w.out.Bytes(), w.removed, nil
}

type svgWriter struct {
	dec     *xml.Decoder
	out     bytes.Buffer
	open    []svgElement
	parts   int
	uses    int
	removed []string
}

type svgElement struct {
	name  string
	named bool // it, or what it stands in, can be referred to
}

// took notes what was left out, once, and only its kind when the name is odd.
func (w *svgWriter) took(what string) {
	if len(what) > 40 || strings.ContainsFunc(what, func(r rune) bool { return r <= ' ' || r > '~' }) {
		what = "something unknown"
	}
	if !slices.Contains(w.removed, what) && len(w.removed) < 20 {
		w.removed = append(w.removed, what)
	}
}

func (w *svgWriter) copy() error {
	for done := false; ; {
		t, err := w.dec.Token()
		if errors.Is(err, io.EOF) && done {
			return nil
		}
		if err != nil {
			return errSVG
		}
		if w.parts++; w.parts > svgParts {
			return errors.New("it has too many parts")
		}
		switch t := t.(type) {
		case xml.StartElement:
			if done || len(w.open) == 0 && (t.Name.Local != "svg" || t.Name.Space != svgSpace && t.Name.Space != "") {
				return errSVG
			}
			if err := w.element(t); err != nil {
				return err
			}
		case xml.EndElement:
			w.out.WriteString("</" + t.Name.Local + ">")
			w.open = w.open[:len(w.open)-1]
			done = len(w.open) == 0
		case xml.CharData:
			if err := w.words(t); err != nil {
				return err
			}
		case xml.Directive:
			if bytes.Contains(t, []byte("ENTITY")) {
				w.took("entities")
			}
		}
	}
}

func (w *svgWriter) words(t xml.CharData) error {
	if len(w.open) == 0 {
		if len(bytes.TrimSpace(t)) > 0 {
			return errSVG
		}
		return nil
	}
	if w.open[len(w.open)-1].name == "style" && !harmless(string(t)) {
		w.took("style")
		return nil
	}
	return xml.EscapeText(&w.out, t)
}

func (w *svgWriter) element(t xml.StartElement) error {
	if len(w.open) >= svgDepth {
		return errors.New("it is nested too deeply")
	}
	space := t.Name.Space == svgSpace || t.Name.Space == ""
	named := len(w.open) > 0 && w.open[len(w.open)-1].named
	if !space || !slices.Contains(drawn, t.Name.Local) || t.Name.Local == "use" && (named || w.uses >= svgUses) {
		if space { // the words of other programs are left out without a word
			w.took(t.Name.Local)
		}
		if (*xml.Decoder).Skip(w.dec) != nil {
			return errSVG
		}
		return nil
	}
	if t.Name.Local == "use" {
		w.uses++
	}
	w.out.WriteString("<" + t.Name.Local)
	root := len(w.open) == 0
	if root {
		w.out.WriteString(` xmlns="` + svgSpace + `" xmlns:xlink="` + xlinkSpace + `"`)
	}
	seen := map[string]bool{}
	for _, a := range t.Attr {
		name, ok := w.attribute(t.Name.Local, a)
		if !ok || seen[name] || root && name == "id" {
			continue
		}
		seen[name] = true
		named = named || name == "id"
		w.out.WriteString(" " + name + `="`)
		if err := xml.EscapeText(&w.out, []byte(a.Value)); err != nil {
			return err
		}
		w.out.WriteString(`"`)
	}
	w.out.WriteString(">")
	w.open = append(w.open, svgElement{t.Name.Local, named})
	return nil
}

// attribute gives the name under which an attribute stays.
func (w *svgWriter) attribute(element string, a xml.Attr) (string, bool) {
	name := a.Name.Local
	switch {
	case a.Name.Space == "xmlns" || a.Name.Space == "" && name == "xmlns":
		return "", false
	case a.Name.Space == xlinkSpace && name == "href":
		name = "xlink:href"
	case a.Name.Space == "http://www.w3.org/XML/1998/namespace" && name == "space":
		name = "xml:space"
	case a.Name.Space != "":
		return "", false
	}
	if name == "href" || name == "xlink:href" {
		if strings.HasPrefix(a.Value, "#") || element == "image" && picture(a.Value) {
			return name, true
		}
		w.took(element + ":" + strings.TrimPrefix(name, "xlink:"))
		return "", false
	}
	if !plainName(name) || strings.HasPrefix(strings.ToLower(name), "on") || !harmless(a.Value) {
		w.took(name)
		return "", false
	}
	return name, true
}

func plainName(s string) bool {
	if s == "xml:space" {
		return true
	}
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	})
}

// picture says whether an address is a picture in itself.
func picture(address string) bool {
	return slices.ContainsFunc([]string{"data:image/png;base64,", "data:image/jpeg;base64,"}, func(p string) bool { return strings.HasPrefix(address, p) })
}

// harmless says whether words of CSS, or an attribute, reach for nothing
// outside. Escapes could hide what does, so there are none.
func harmless(css string) bool {
	low := strings.ToLower(css)
	for _, bad := range []string{`\`, "@import", "@font-face", "expression", "javascript:", "vbscript:", "data:", "behavior", "-moz-binding", "image-set", "image(", "src(", "&#"} {
		if strings.Contains(low, bad) {
			return false
		}
	}
	for {
		i := strings.Index(low, "url")
		if i < 0 {
			return true
		}
		rest := strings.TrimLeft(low[i+3:], " \t\r\n")
		if strings.HasPrefix(rest, "(") && !strings.HasPrefix(strings.TrimLeft(rest[1:], " \t\r\n'\""), "#") {
			return false
		}
		low = low[i+3:]
	}
}
