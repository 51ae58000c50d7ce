package server

import (
	"fmt"
	"io"
	"reflect"
	"strings"
)

// WriteConfig writes a configuration as a commented file: what differs from the
// default stands there, everything else as a comment with its default.
func WriteConfig(w io.Writer, c Config) error {
	t := &configText{settings: c.Settings()}
	t.line("# Configuration of Guestright. Every key has a default that works for a trial on this machine; what is commented")
	t.line("# out shows it. Unknown keys are errors. Relative paths begin at this file's folder. Secrets never stand here: keys")
	t.line("# that end in _file name a file of mode 0600. `guestright check` prints what is in force.")
	t.blocks(func(s Setting, indent string) {
		for _, l := range wrap(s.Doc, 110-len(indent)) {
			t.line("%s# %s", indent, l)
		}
		mark := ""
		if s.Value == s.Default {
			mark = "# "
		}
		t.line("%s%s%s: %s", indent, mark, last(s.Key), s.Value)
	}, true)
	_, err := io.WriteString(w, t.b.String())
	return err
}

// WriteEffective writes the values in force, each with where it comes from.
func WriteEffective(w io.Writer, c Config) error {
	t := &configText{settings: c.Settings()}
	t.blocks(func(s Setting, indent string) {
		note := s.From
		if s.File != "" {
			note += "; " + s.File
		}
		t.line("%-52s # %s", indent+last(s.Key)+": "+s.Value, note)
	}, false)
	_, err := io.WriteString(w, t.b.String())
	return err
}

type configText struct {
	settings []Setting
	b        strings.Builder
}

func (t *configText) line(format string, args ...any) {
	t.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	t.b.WriteByte('\n')
}

// blocks writes the keys under the headings of their blocks. A heading stands
// even if all its keys are comments: an empty block means its defaults.
func (t *configText) blocks(write func(s Setting, indent string), docs bool) {
	by := map[string]Setting{}
	for _, s := range t.settings {
		by[s.Key] = s
	}
	c := Config{}
	visit(reflect.ValueOf(&c).Elem(), "", func(key string, _ reflect.StructField, _ reflect.Value) {
		if docs && !strings.Contains(key, ".") {
			t.line("")
		}
		write(by[key], strings.Repeat("  ", strings.Count(key, ".")))
	}, func(g heading) {
		indent := strings.Repeat("  ", strings.Count(g.key, "."))
		if docs {
			if indent == "" {
				t.line("")
			}
			t.line("%s# %s", indent, g.doc)
		}
		t.line("%s%s:", indent, last(g.key))
	})
}

func last(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// wrap breaks a sentence into lines of at most width bytes.
func wrap(s string, width int) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > width {
			out = append(out, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(out, line)
}

// ConfigurationGuide is docs/configuration.md, made of the keys themselves.
func ConfigurationGuide() string {
	var b strings.Builder
	b.WriteString(`# Configuration

One YAML file, ` + "`guestright.yaml`" + ` unless ` + "`--config`" + ` or ` + "`GUESTRIGHT_CONFIG`" + ` names another. It is read strictly: an unknown
key stops the start and the message names the line and the nearest known key. Every key has a default that works for a
trial on one machine, so an empty file is a valid one. ` + "`guestright init`" + ` writes a file with everything explained,
` + "`guestright check`" + ` prints what is in force and where each value comes from.

- Relative paths begin at the folder of the file.
- Secrets never stand in the file. Keys that end in ` + "`_file`" + ` name files; keep them at mode 0600.
- A variable from the last column replaces an address or a path; a relative path in one begins at the working directory.
  Nothing else is read from the environment.
- Time spans are written 90s, 10m or 1h.

| Key | Type | Default | Meaning | Variable |
|---|---|---|---|---|
`)
	for _, s := range Defaults().Settings() {
		env := ""
		if s.Env != "" {
			env = "`" + s.Env + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s | %s |\n", s.Key, s.Type, s.Default, s.Doc, env)
	}
	return b.String()
}
