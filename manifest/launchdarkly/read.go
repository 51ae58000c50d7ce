package launchdarkly

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
)

// ErrWords says that a package holds what the compatible form has no words for.
var ErrWords = errors.New("the compatible form has no words for all of this")

// Origins finds the place in the compatible manifest that a place of the neutral
// one came from.
type Origins map[string]origin

type origin struct {
	at       string
	verbatim bool // what lies deeper has the same path
}

type reader struct {
	key  string
	from Origins
}

func (r *reader) note(to, from string, verbatim bool) { r.from[to] = origin{from, verbatim} }

// Back turns a pointer of the neutral form into one of the compatible form. What
// came from nowhere is said of what it would stand in.
func (o Origins) Back(pointer string) string {
	for at := pointer; ; {
		if found, ok := o[at]; ok {
			if found.verbatim {
				return found.at + pointer[len(at):]
			}
			return found.at
		}
		cut := strings.LastIndexByte(at, '/')
		if cut < 0 {
			return ""
		}
		at = at[:cut]
	}
}

// Read makes a neutral tree of a compatible one. The key is the integration's
// name, which drivers of the host are known by.
func Read(key string, theirs map[string]any) (map[string]any, Origins) {
	r := &reader{key: key, from: Origins{}}
	ours, _ := manifest.read(r, theirs, "", "").(tree)
	if props, ok := ours["reservedProperties"].(tree); ok {
		props["on"] = []any{"flag"}
	}
	back, _ := manifest.write(ours).(tree)
	if lost := empty(theirs, back, "", nil); len(lost) > 0 {
		ours["compat"] = tree{"empty": lost}
	}
	return ours, r.from
}

// Write makes the compatible tree again. Error: ErrWords.
func Write(ours map[string]any) (map[string]any, error) {
	theirs, _ := manifest.write(ours).(tree)
	if compat, ok := ours["compat"].(tree); ok {
		lost, _ := compat["empty"].([]any)
		for _, p := range lost {
			if at, ok := p.(string); ok && at != "" {
				restore(theirs, strings.Split(at[1:], "/"))
			}
		}
	}
	key := ""
	for _, path := range []string{"importer.driver", "driverAction.driver"} {
		if name, ok := dig(ours, path); ok {
			key, _ = name.(string)
		}
	}
	again, _ := Read(key, theirs)
	plain, _ := Read("", theirs)
	if !said(ours, again) && !said(ours, plain) {
		return theirs, ErrWords
	}
	return theirs, nil
}

// said compares two neutral trees, but for what only ours has.
func said(a, b tree) bool {
	strip := func(t tree) tree {
		out := tree{}
		for k, v := range t {
			if k != "$schema" {
				out[k] = v
			}
		}
		if hooks, ok := out["eventHooks"].([]any); ok {
			list := make([]any, 0, len(hooks))
			for _, h := range hooks {
				if m, ok := h.(tree); ok {
					c := tree{}
					for k, v := range m {
						c[k] = v
					}
					if c["driver"] != nil {
						c["driver"] = "custom"
					}
					h = c
				}
				list = append(list, h)
			}
			out["eventHooks"] = list
		}
		return out
	}
	return reflect.DeepEqual(strip(a), strip(b))
}

// empty lists the empty objects of a tree that another lacks.
func empty(v, other any, at string, lost []any) []any {
	switch t := v.(type) {
	case tree:
		o, ok := other.(tree)
		if len(t) == 0 && !ok {
			return append(lost, at)
		}
		for _, k := range keys(t) {
			lost = empty(t[k], o[k], at+"/"+escape(k), lost)
		}
	case []any:
		o, _ := other.([]any)
		for i := range t {
			var one any
			if i < len(o) {
				one = o[i]
			}
			lost = empty(t[i], one, at+"/"+strconv.Itoa(i), lost)
		}
	}
	return lost
}

// restore puts an empty object where a pointer says.
func restore(v any, path []string) {
	for _, step := range path {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch t := v.(type) {
		case tree:
			if _, ok := t[step]; !ok {
				t[step] = tree{}
			}
			v = t[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(t) {
				return
			}
			v = t[n]
		default:
			return
		}
	}
}
