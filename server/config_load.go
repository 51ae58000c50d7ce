package server

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
)

// DefaultFile is the configuration that is read when none is named; it may be
// absent.
const DefaultFile = "guestright.yaml"

// configMost bounds the file in bytes.
const configMost = 1 << 20

// LoadConfig reads a configuration file strictly; path "" means the file that
// GUESTRIGHT_CONFIG names, or guestright.yaml here if there is one. Variables
// may replace addresses and paths, nothing else. Errors: Invalid
// `config_invalid`, whose fields give the line and the nearest known key.
func LoadConfig(path string) (Config, error) { return LoadConfigWith(path, os.Getenv) }

// LoadConfigWith is LoadConfig with another environment.
func LoadConfigWith(path string, getenv func(string) string) (Config, error) {
	optional := false
	if path == "" {
		path = getenv("GUESTRIGHT_CONFIG")
	}
	if path == "" {
		path, optional = DefaultFile, true
	}
	c := Defaults()
	c.from = map[string]string{}
	raw, err := readConfig(path)
	switch {
	case err == nil:
		if err := c.read(raw); err != nil {
			return Config{}, err
		}
	case optional && errors.Is(err, fs.ErrNotExist):
	default:
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	c.dir = filepath.Dir(full)
	return c, c.environment(getenv)
}

func readConfig(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, configMost+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(raw) > configMost {
		return nil, fmt.Errorf("%s is larger than 1 MiB", path)
	}
	return raw, nil
}

// read puts the file's values over c.
func (c *Config) read(raw []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil // nothing but comments
	} else if err != nil {
		return unreadable(problem.Field{Code: "config_syntax", Detail: strings.TrimPrefix(err.Error(), "yaml: ")})
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return unreadable(problem.Field{Code: "config_syntax", Detail: "The file holds more than one document."})
	}
	w := configWalker{config: c}
	w.block(doc.Content[0], reflect.TypeFor[Config](), "")
	if len(w.found) > 0 {
		return unreadable(w.found...)
	}
	if err := doc.Content[0].Decode(c); err != nil {
		return unreadable(problem.Field{Code: "config_syntax", Detail: strings.TrimPrefix(err.Error(), "yaml: ")})
	}
	return nil
}

func unreadable(f ...problem.Field) error {
	return problem.Invalid("config_invalid", "The configuration file cannot be used.", f...)
}

// environment puts the variables over c. A path there is relative to the
// working directory, as in any other command.
func (c *Config) environment(getenv func(string) string) error {
	var failed error
	visit(reflect.ValueOf(c).Elem(), "", func(key string, f reflect.StructField, v reflect.Value) {
		name := f.Tag.Get("env")
		if name == "" || getenv(name) == "" {
			return
		}
		value := getenv(name)
		if slices.Contains([]string{"database", "master_key_file", "catalog"}, key) && !strings.Contains(value, "://") {
			full, err := filepath.Abs(value)
			if err != nil {
				failed = fmt.Errorf("%s: %w", name, err)
				return
			}
			value = full
		}
		v.SetString(value)
		c.from[key] = name
	}, nil)
	return failed
}

// configWalker compares the file with the shape of Config.
type configWalker struct {
	config *Config
	found  []problem.Field
}

func (w *configWalker) say(n *yaml.Node, key, code, detail string) {
	w.found = append(w.found, problem.Field{Pointer: strings.TrimSpace(fmt.Sprintf("line %d %s", n.Line, key)), Code: code, Detail: detail})
}

func (w *configWalker) block(n *yaml.Node, t reflect.Type, under string) {
	if n.Anchor != "" || n.Kind == yaml.AliasNode {
		w.say(n, under, "config_alias", "Anchors and aliases are not supported; write the value out.")
		return
	}
	if n.Tag == "!!null" {
		return // a block whose keys are all commented out
	}
	if n.Kind != yaml.MappingNode {
		w.say(n, under, "config_type", "A block of keys is expected here.")
		return
	}
	fields := map[string]reflect.StructField{}
	var names []string
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" {
			fields[name] = t.Field(i)
			names = append(names, name)
		}
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		key := k.Value
		if under != "" {
			key = under + "." + k.Value
		}
		f, ok := fields[k.Value]
		switch {
		case !ok:
			w.say(k, key, "config_unknown_key", unknown(k.Value, under, names))
		case seen[k.Value]:
			w.say(k, key, "config_repeated_key", "This key stands here twice.")
		case f.Type.Kind() == reflect.Struct:
			w.block(v, f.Type, key)
		default:
			w.value(v, f.Type, key)
		}
		seen[k.Value] = true
	}
}

// unknown names the nearest key of this block, or else of the whole file.
func unknown(name, under string, here []string) string {
	if near := catalog.Nearest(name, here); near != "" {
		return fmt.Sprintf("There is no key %q here; did you mean %q?", name, near)
	}
	var last []string
	whole := map[string]string{}
	c := Config{}
	visit(reflect.ValueOf(&c).Elem(), "", func(key string, _ reflect.StructField, _ reflect.Value) {
		short := key[strings.LastIndexByte(key, '.')+1:]
		last, whole[short] = append(last, short), key
	}, nil)
	if near := catalog.Nearest(name, last); near != "" {
		return fmt.Sprintf("There is no key %q here; did you mean %q?", name, whole[near])
	}
	where := "here"
	if under != "" {
		where = "under " + under
	}
	return fmt.Sprintf("There is no key %q; the keys %s are %s.", name, where, strings.Join(here, ", "))
}

func (w *configWalker) value(n *yaml.Node, t reflect.Type, key string) {
	switch {
	case n.Anchor != "" || n.Kind == yaml.AliasNode:
		w.say(n, key, "config_alias", "Anchors and aliases are not supported; write the value out.")
		return
	case n.Tag == "!!null":
		return // nothing after the colon: the default
	case t.Kind() == reflect.Slice:
		if n.Kind != yaml.SequenceNode || slices.ContainsFunc(n.Content, func(e *yaml.Node) bool { return e.Kind != yaml.ScalarNode }) {
			w.say(n, key, "config_type", "A list is expected here, such as [a, b].")
			return
		}
	case n.Kind != yaml.ScalarNode:
		w.say(n, key, "config_type", "A single value is expected here.")
		return
	case t.Kind() == reflect.Bool && n.Tag != "!!bool":
		w.say(n, key, "config_type", "Write true or false.")
		return
	case t.Kind() == reflect.Int && n.Tag != "!!int":
		w.say(n, key, "config_type", "A whole number is expected here.")
		return
	}
	if u, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok && u.UnmarshalText([]byte(n.Value)) != nil {
		w.say(n, key, "config_type", "A time span is expected here, such as 90s, 10m or 1h.")
		return
	}
	w.config.from[key] = "file"
}
