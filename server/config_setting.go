package server

import (
	"encoding"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Setting is one key of the configuration: what it means, what it is, and where
// that comes from.
type Setting struct {
	Key     string `json:"key"`     // such as gateway.listen
	Doc     string `json:"doc"`     // one line for people
	Type    string `json:"type"`    // text, list, yes or no, number, time span
	Env     string `json:"env"`     // variable that overrides the file, "" for none
	Value   string `json:"value"`   // as YAML; passwords in addresses are hidden
	Default string `json:"default"` // as YAML
	From    string `json:"from"`    // default, file, or the name of the variable
	File    string `json:"file"`    // for keys that name a secret file: its state, never its content
}

// heading is a block of keys.
type heading struct{ key, doc string }

// Settings lists every key in the order of the file.
func (c Config) Settings() []Setting {
	defaults := Defaults()
	var out []Setting
	visit(reflect.ValueOf(&c).Elem(), "", func(key string, f reflect.StructField, v reflect.Value) {
		s := Setting{Key: key, Doc: f.Tag.Get("doc"), Type: typeName(f.Type), Env: f.Tag.Get("env"),
			Value: yamlOf(v), Default: yamlOf(at(reflect.ValueOf(&defaults).Elem(), key)), From: c.from[key]}
		if s.From == "" {
			s.From = "default"
		}
		if strings.HasSuffix(key, "_file") && v.String() != "" {
			s.File = fileState(c.path(v.String()))
		}
		out = append(out, s)
	}, nil)
	return out
}

// visit calls leaf for every key and open for every block, in order; either may
// be nil.
func visit(v reflect.Value, under string, leaf func(string, reflect.StructField, reflect.Value), open func(heading)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("yaml")
		if name == "" {
			continue
		}
		key := name
		if under != "" {
			key = under + "." + name
		}
		if f.Type.Kind() == reflect.Struct {
			if open != nil {
				open(heading{key: key, doc: f.Tag.Get("doc")})
			}
			visit(v.Field(i), key, leaf, open)
			continue
		}
		if leaf != nil {
			leaf(key, f, v.Field(i))
		}
	}
}

// at finds the value of a dotted key.
func at(v reflect.Value, key string) reflect.Value {
	name, rest, deeper := strings.Cut(key, ".")
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("yaml") != name {
			continue
		}
		if deeper {
			return at(v.Field(i), rest)
		}
		return v.Field(i)
	}
	return reflect.Value{}
}

func typeName(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[Duration]():
		return "time span"
	case t.Kind() == reflect.Bool:
		return "yes or no"
	case t.Kind() == reflect.Slice:
		return "list"
	case t.Kind() == reflect.Int:
		return "number"
	}
	return "text"
}

// yamlOf writes a value as the file would have it, on one line.
func yamlOf(v reflect.Value) string {
	n := yaml.Node{}
	var value any = v.Interface()
	switch t := value.(type) {
	case Duration:
		value = t.String()
	case []string:
		if len(t) == 0 {
			return "[]"
		}
	case encoding.TextMarshaler:
		b, err := t.MarshalText()
		if err != nil {
			return ""
		}
		value = string(b)
	}
	if v.Kind() == reflect.String {
		value = hidden(v.String())
	}
	if err := n.Encode(value); err != nil {
		return ""
	}
	n.Style = yaml.FlowStyle
	out, err := yaml.Marshal(&n)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// hidden takes the password out of an address.
func hidden(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" {
		if strings.Contains(s, "://") && strings.Contains(s, "@") {
			return "[hidden]" // it does not parse, so we cannot say where the secret ends
		}
		return s
	}
	mended := false
	if _, ok := u.User.Password(); ok {
		u.User, mended = url.UserPassword(u.User.Username(), "hidden"), true
	}
	q := u.Query()
	if q.Has("password") {
		q.Set("password", "hidden")
		u.RawQuery, mended = q.Encode(), true
	}
	if !mended {
		return s
	}
	return u.String()
}

// fileState says whether a secret file is there and closed to others.
func fileState(path string) string {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return "absent"
	case err != nil:
		return "unreadable"
	case os.PathSeparator == '/' && info.Mode().Perm()&0o077 != 0:
		return "present, but open to others: chmod 600"
	}
	return "present"
}

// String writes a span without parts that are zero: 1h, 90s, 1h30m.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
