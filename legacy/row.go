package legacy

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/token"
)

// Row is one key to be imported: by its SHA-256 in hexadecimal, or in plain.
type Row struct {
	Account    string
	Key        secret.Text
	SHA256     string
	Label      string
	Scopes     []string
	Everything bool
	Subject    string
	Version    string // API version that it is pinned to; "" the usual one
	Created    time.Time
	Expires    time.Time
	line       int
}

const (
	// RowsMost bounds one import.
	RowsMost = 1000
	// keyLeast is the length below which a key can be guessed too easily.
	keyLeast  = 8
	labelMost = 200 // characters
)

// sum is the SHA-256 of the key, however it came.
func (r Row) sum() (token.Sum, bool) {
	if !r.Key.IsZero() {
		return token.SumOf(r.Key.Reveal()), true
	}
	b, err := hex.DecodeString(r.SHA256)
	if err != nil || len(b) != len(token.Sum{}) {
		return token.Sum{}, false
	}
	return token.Sum(b), true
}

// check finds what is wrong with the row itself; the service knows accounts and
// scopes.
func (r Row) check(at string, now time.Time) []problem.Field {
	var f []problem.Field
	add := func(name, code, detail string) {
		f = append(f, problem.Field{Pointer: at + "/" + name, Code: code, Detail: detail})
	}
	raw := r.Key.Reveal()
	switch _, ok := r.sum(); {
	case raw != "" && r.SHA256 != "":
		add("key", "key_twice", "Give the key or its SHA-256, not both.")
	case raw == "" && r.SHA256 == "":
		add("sha256", "required", "Give the key's SHA-256 in hexadecimal, or the key.")
	case raw == "" && !ok:
		add("sha256", "sha256_invalid", "A SHA-256 is 64 hexadecimal digits.")
	case raw != "" && secret.Ours(raw):
		add("key", "key_ours", "This looks like a credential of this platform.")
	case raw != "" && (len(raw) < keyLeast || len(raw) > token.AdoptedMost || !visible(raw)):
		add("key", "key_invalid", "A key has 8 to 512 visible ASCII characters.")
	}
	if n := utf8.RuneCountInString(trimmed(r.Label)); n == 0 || n > labelMost || !utf8.ValidString(r.Label) {
		add("label", "label_invalid", "Say in at most 200 characters what uses the key.")
	}
	if r.Account == "" {
		add("account", "required", "Give the account's id or the product's key of it.")
	}
	if r.Everything == (len(r.Scopes) > 0) {
		add("scopes", "scopes_unclear", "List scopes, or say that the key may do everything.")
	}
	if r.Created.After(now) {
		add("created", "in_the_future", "It cannot have been made in the future.")
	}
	if !r.Expires.IsZero() && !r.Expires.After(now) {
		add("expires", "in_the_past", "Leave out keys that have ended.")
	}
	if utf8.RuneCountInString(r.Subject) > 200 {
		add("subject", "too_long", "At most 200 characters.")
	}
	return f
}

func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// at is where a row came from, for findings.
func (r Row) at(i int) string {
	if r.line > 0 {
		return "line " + strconv.Itoa(r.line)
	}
	return "/keys/" + strconv.Itoa(i)
}

// ParseRows reads a file: CSV with a line of column names (RFC 4180), or JSON
// lines. Columns are account, key, sha256, label, scopes (separated by blanks, *
// for everything), subject, api_version, created, expires. Errors: Invalid
// `legacy_import_unreadable`, which never repeats what the file says.
func ParseRows(file []byte) ([]Row, error) {
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	if trimmed := bytes.TrimSpace(file); len(trimmed) > 0 && trimmed[0] == '{' {
		return parseJSON(file)
	}
	return parseCSV(file)
}

func unreadable(line int, detail string) error {
	return problem.Invalid("legacy_import_unreadable", "The file cannot be read.",
		problem.Field{Pointer: "line " + strconv.Itoa(line), Code: "unreadable", Detail: detail})
}

var columns = []string{"account", "key", "sha256", "label", "scopes", "subject", "api_version", "created", "expires"}

func parseCSV(file []byte) ([]Row, error) {
	r := csv.NewReader(bytes.NewReader(file))
	r.TrimLeadingSpace = true
	head, err := r.Read()
	if err != nil {
		return nil, unreadable(1, "The first line names the columns: "+strings.Join(columns, ", ")+".")
	}
	seen := map[string]bool{}
	for i, name := range head {
		head[i] = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(columns, head[i]) || seen[head[i]] {
			return nil, unreadable(1, "Column "+strconv.Itoa(i+1)+" is unknown or stands there twice. The columns are "+strings.Join(columns, ", ")+".")
		}
		seen[head[i]] = true
	}
	var out []Row
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			line := 0
			if e, ok := errors.AsType[*csv.ParseError](err); ok {
				line = e.StartLine
			}
			return nil, unreadable(line, "The line does not have as many columns as the first, or a quotation mark is missing.")
		}
		line, _ := r.FieldPos(0)
		row := Row{line: line}
		for i, value := range fields {
			if err := row.set(head[i], strings.TrimSpace(value)); err != nil {
				return nil, err
			}
		}
		out = append(out, row)
	}
}

func (r *Row) set(column, value string) error {
	switch column {
	case "account":
		r.Account = value
	case "key":
		r.Key = secret.New(value)
	case "sha256":
		r.SHA256 = value
	case "label":
		r.Label = value
	case "scopes":
		r.scopes(strings.Fields(value))
	case "subject":
		r.Subject = value
	case "api_version":
		r.Version = value
	case "created":
		return r.moment(&r.Created, value)
	case "expires":
		return r.moment(&r.Expires, value)
	}
	return nil
}

func (r *Row) scopes(list []string) {
	if slices.Equal(list, []string{"*"}) {
		r.Everything = true
		return
	}
	r.Scopes = list
}

func (r *Row) moment(into *time.Time, value string) error {
	if value == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly, time.DateTime} {
		if t, err := time.Parse(layout, value); err == nil {
			*into = t.UTC()
			return nil
		}
	}
	return unreadable(r.line, "A day is written 2026-01-31, a moment 2026-01-31T12:00:00Z.")
}

// jsonRow is Row as a line of JSON.
type jsonRow struct {
	Account    string          `json:"account"`
	Key        string          `json:"key"`
	SHA256     string          `json:"sha256"`
	Label      string          `json:"label"`
	Scopes     json.RawMessage `json:"scopes"`
	Everything bool            `json:"everything"`
	Subject    string          `json:"subject"`
	Version    string          `json:"api_version"`
	Created    string          `json:"created"`
	Expires    string          `json:"expires"`
}

func parseJSON(file []byte) ([]Row, error) {
	var out []Row
	line := 0
	for text := range bytes.Lines(file) {
		line++
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		var j jsonRow
		if err := d.Decode(&j); err != nil || d.More() {
			return nil, unreadable(line, "Every line is one JSON object with the members "+strings.Join(columns, ", ")+" and everything.")
		}
		row := Row{Account: j.Account, Key: secret.New(j.Key), SHA256: j.SHA256, Label: j.Label, Everything: j.Everything,
			Subject: j.Subject, Version: j.Version, line: line}
		var list []string
		var words string
		switch {
		case len(j.Scopes) == 0 || string(j.Scopes) == "null":
		case json.Unmarshal(j.Scopes, &list) == nil:
			row.scopes(list)
		case json.Unmarshal(j.Scopes, &words) == nil:
			row.scopes(strings.Fields(words))
		default:
			return nil, unreadable(line, "Scopes are a list of names.")
		}
		if err := row.moment(&row.Created, j.Created); err != nil {
			return nil, err
		}
		if err := row.moment(&row.Expires, j.Expires); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}
