package members_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/members"
	"github.com/guestright/guestright/manifest/value"
)

// parser has scope, collection id and name, and the arrays of a style.
func parser(arrays manifest.MemberArrays) manifest.MembershipParser {
	if arrays.Item == nil {
		arrays.Item = &manifest.MemberItem{ID: "/uid"}
	}
	return manifest.MembershipParser{ScopeID: "/env", SubjectKind: manifest.Some("/kind"), Collection: manifest.Collection{ID: "/seg/id", Name: "/seg/title", URL: manifest.Some("/seg/url")}, Members: arrays}
}

var (
	flags  = manifest.MemberArrays{List: manifest.Some("/rows"), Item: &manifest.MemberItem{ID: "/uid", Flag: manifest.Some("/in"), CollectionID: manifest.Some("/seg"), CollectionName: manifest.Some("/title")}}
	arrays = manifest.MemberArrays{Add: manifest.Some("/plus"), Remove: manifest.Some("/minus")}
	action = manifest.MemberArrays{List: manifest.Some("/rows"), Action: &manifest.MemberAction{Path: "/op", Matcher: "^add$"}}
	inside = manifest.MemberArrays{List: manifest.Some("/pages/1/rows"), Action: &manifest.MemberAction{Path: "/op", Matcher: "add"}}
)

const vip = `"env":"e1","seg":{"id":"s9","title":"VIP","url":"https://x"}`

func read(t *testing.T, p manifest.MembershipParser, text string) (members.Batch, []string, error) {
	t.Helper()
	var got []string
	b, err := members.Read(strings.NewReader(text), p, func(m members.Member) error {
		sign := "-"
		if m.In {
			sign = "+"
		}
		if m.Collection != (members.Collection{ID: "s9", Name: "VIP"}) {
			sign = m.Collection.ID + "/" + m.Collection.Name + sign
		}
		got = append(got, sign+m.ID)
		return nil
	})
	return b, got, err
}

// The three styles, in the order in which they are applied, whatever order the
// document has; texts and numbers are ids; false and 0 are values.
func TestStyles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		arrays manifest.MemberArrays
		text   string
		want   string
	}{
		{"a flag each", flags, `{` + vip + `,"rows":[{"uid":"u1","in":true},{"uid":2,"in":false}]}`, "+u1 -2"},
		{"zero is an id", flags, `{` + vip + `,"rows":[{"uid":0,"in":true}]}`, "+0"},
		{"members of other collections", flags, `{` + vip + `,"rows":[{"uid":"u","in":true,"seg":"s8","title":"New"},{"uid":"v","in":true,"seg":"s7"},{"uid":"w","in":true,"seg":"s9"}]}`, "s8/New+u s7/s7+v +w"},
		{"two arrays", arrays, `{"minus":[{"uid":"a"}],` + vip + `,"plus":[{"uid":"b"},{"uid":"c"}]}`, "+b +c -a"},
		{"an absent array is empty", arrays, `{` + vip + `,"plus":[{"uid":"u1"}]}`, "+u1"},
		{"a null array is empty", arrays, `{` + vip + `,"plus":null,"minus":[{"uid":"u1"}]}`, "-u1"},
		{"no members", action, `{` + vip + `,"op":"add","rows":[]}`, ""},
		{"an action that matches", action, `{"rows":[{"uid":"u1"}],"op":"add",` + vip + `}`, "+u1"},
		{"an action that does not", action, `{` + vip + `,"op":"addAll","rows":[{"uid":"u1"}]}`, "-u1"},
		{"an array within a list", inside, `{` + vip + `,"op":"add","pages":[{"rows":[{"uid":"no"}]},{"x":[[1],{"y":2}],"rows":[{"uid":"u1"},{"uid":"u2"}],"z":3}]}`, "+u1 +u2"},
	} {
		b, got, err := read(t, parser(c.arrays), c.text)
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, not %q (%v)", c.name, strings.Join(got, " "), c.want, err)
		}
		if b.Scope != "e1" || b.SubjectKind != "user" || b.Collection != (members.Collection{ID: "s9", Name: "VIP"}) || b.URL != "https://x" {
			t.Errorf("%s: %+v", c.name, b)
		}
	}
	b, _, err := read(t, parser(action), `{`+vip+`,"kind":"device","op":"add","rows":[{"uid":"u1","x":1},{"uid":"u2"}]}`)
	if err != nil || b.SubjectKind != "device" {
		t.Errorf("%+v %v", b, err)
	}
	if body := string(value.AppendJSON(nil, b.Body)); body != `{"env":"e1","seg":{"id":"s9","title":"VIP","url":"https://x"},"kind":"device","op":"add","rows":[{"uid":"u1","x":1}]}` {
		t.Errorf("the answer's template sees %s", body)
	}
}

// What cannot be read is said with its place; when the fault is in a member, those
// before it were given.
func TestRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	long := strings.Repeat("x", 70<<10)
	for _, c := range []struct {
		arrays         manifest.MemberArrays
		text, at, says string
		before         int
	}{
		{flags, `{"seg":{"id":"s9","title":"VIP"},"rows":[]}`, "/env", "missing", 0},
		{flags, `{"env":null,"seg":{"id":"s9","title":"VIP"},"rows":[]}`, "/env", "missing", 0},
		{flags, `{"env":{},"seg":{"id":"s9","title":"VIP"},"rows":[]}`, "/env", "neither", 0},
		{flags, `{` + vip + `,"rows":{}}`, "/rows", "no list", 0},
		{flags, `{` + vip + `}`, "/rows", "missing", 0},
		{flags, `{` + vip + `,"rows":[{"uid":"u","in":true},{"in":true}]}`, "/rows/1/uid", "missing", 1},
		{flags, `{` + vip + `,"rows":[{"uid":"u","in":"true"}]}`, "/rows/0/in", "neither true nor false", 0},
		{flags, `{` + vip + `,"rows":[{"uid":"u"}]}`, "/rows/0/in", "missing", 0},
		{arrays, `{` + vip + `,"plus":{"uid":"u"}}`, "/plus", "no list", 0},
		{action, `{` + vip + `,"rows":[{"uid":"u"}]}`, "/op", "missing", 0},
		{action, `{` + vip + `,"op":"add","rows":[{"uid":true}]}`, "/rows/0/uid", "neither", 0},
		{action, `{` + vip + `,"op":"add","rows":[{"uid":"u"}]`, "", "JSON", 0},
		{action, `{` + vip + `,"op":"add","rows":[]} {}`, "", "follows", 0},
		{action, ``, "", "JSON", 0},
		{action, `[]`, "/env", "missing", 0},
		{action, `{` + vip + `,"op":"add","rows":[],"rows":[]}`, "", "twice", 0},
		{action, `{` + vip + `,"op":"add","rows":[],"x":` + deep + `}`, "", "deeply", 0},
		{action, `{` + vip + `,"op":"add","rows":[],"x":"` + long + `"}`, "", "longer", 0},
		{action, `{` + vip + `,"op":"add","rows":[{"uid":"u"},{"uid":"v","x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}]}`, "", "deeply", 1},
		{action, `{` + vip + `,"op":"add","rows":[{"uid":"u"},{"uid":"` + long + `"}]}`, "", "longer", 0},
		{action, `{` + vip + `,"op":"add","rows":[],"x":[` + strings.Repeat("1,", 20_000) + `1]}`, "", "too much", 0},
		{manifest.MemberArrays{List: manifest.Some("/rows"), Action: &manifest.MemberAction{Path: "/op", Matcher: "("}}, `{` + vip + `,"op":"add","rows":[]}`, "/op", "matcher", 0},
		{manifest.MemberArrays{List: manifest.Some("rows")}, `{` + vip + `}`, "rows", "pointer", 0},
	} {
		_, got, err := read(t, parser(c.arrays), c.text)
		e, ok := errors.AsType[*members.Error](err)
		if !ok || e.At != c.at || !strings.Contains(e.Reason, c.says) || len(got) != c.before {
			t.Errorf("%.80s: %v after %v", c.text, err, got)
		}
	}
	stop := errors.New("stop")
	if _, err := members.Read(strings.NewReader(`{`+vip+`,"op":"add","rows":[{"uid":"u"},{"uid":"v"}]}`), parser(action), func(members.Member) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// The published parsers read batches as their makers post them.
func TestPublishedParsers(t *testing.T) {
	t.Parallel()
	const corpus = "../../../shared/corpus/launchdarkly/integrations/"
	for key, c := range map[string]struct{ text, want string }{
		"amplitude":   {`{"environmentId":"e","batch":[{"cohortId":"c1","cohortName":"One","userId":"u1","value":true},{"cohortId":"c2","cohortName":"Two","userId":"u1","value":false}]}`, "c1/One+u1 c2/Two-u1"},
		"rudderstack": {`{"environmentId":"e","contextKind":"user","cohortId":"c1","cohortName":"One","cohortUrl":"https://x","listData":{"remove":[{"id":"r"}],"add":[{"id":"a"}]}}`, "c1/One+a c1/One-r"},
		"hightouch":   {`{"environmentId":"e","cohortId":"c1","cohortName":"One","action":"add","members":[{"integration_distinct_id":7}]}`, "c1/One+7"},
		"example-synced-segment-integration2": {`{"action":"remove_members","parameters":{"mixpanel_project_id":"e","mixpanel_cohort_id":"c1","mixpanel_cohort_name":"One","members":[{"mixpanel_distinct_id":"u"}]}}`,
			"c1/One-u"},
	} {
		data, err := os.ReadFile(filepath.Join(corpus, key, "manifest.json"))
		if err != nil {
			testenv.Lacks(t, "the published integrations are not at %s", corpus)
		}
		p, err := manifest.Parse(key, data)
		if err != nil {
			t.Fatal(err)
		}
		b, got, err := read(t, *p.Package.MembershipSync.Parser, c.text)
		if err != nil || strings.Join(got, " ") != c.want || b.Scope != "e" {
			t.Errorf("%s: %q, not %q (%v, %+v)", key, strings.Join(got, " "), c.want, err, b)
		}
	}
}

// long is a batch of many members that is made while it is read.
type long struct {
	many, next int
	rest       string
}

func (l *long) Seek(int64, int) (int64, error) {
	l.next, l.rest = 0, `{`+vip+`,"op":"add","rows":[`
	return 0, nil
}

func (l *long) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if l.rest == "" {
			switch {
			case l.next < l.many:
				l.rest = fmt.Sprintf(`{"uid":"user-%08d","email":"somebody-%d@example.com"},`, l.next, l.next)
			case l.next == l.many:
				l.rest = `{"uid":"last"}]}`
			default:
				return n, io.EOF
			}
			l.next++
		}
		took := copy(p[n:], l.rest)
		l.rest = l.rest[took:]
		n += took
	}
	return n, nil
}

// A million members take no more memory than a few; the short form has a tenth.
func TestTrialAMillionMembers(t *testing.T) {
	many := 100_000
	if os.Getenv("GUESTRIGHT_TRIAL") != "" {
		many = 1_000_000
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most, count := heap(), uint64(0), 0
	_, err := members.Read(&long{many: many}, parser(action), func(m members.Member) error {
		if count++; count%(many/4) == 0 {
			most = max(most, heap())
		}
		return nil
	})
	if err != nil || count != many+1 {
		t.Fatalf("%d members, %v", count, err)
	}
	if most > before && most-before > 16<<20 {
		t.Errorf("memory grew by %d bytes", most-before)
	}
}

// The stream reads what reading the document whole gives.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{` + vip + `,"rows":[{"uid":"u1","in":true},{"uid":2,"in":false}]}`, `{"env":1,"seg":{"id":2,"title":3},"rows":[{"uid":1,"in":true}]}`, `{"rows":[],"env":[{}]}`, `[1,{"a":[]}]`, `{"a":"\ud800"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got []string
		b, err := members.Read(strings.NewReader(text), parser(flags), func(m members.Member) error {
			got = append(got, m.ID)
			return nil
		})
		if err != nil {
			if _, ok := errors.AsType[*members.Error](err); !ok {
				t.Fatalf("%v", err)
			}
			return
		}
		var whole struct {
			Env  any
			Rows []struct{ UID any }
		}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&whole); err != nil {
			t.Fatalf("it is not JSON, and was read: %v", err)
		}
		v, err := value.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		o, _ := v.(*value.Object)
		rows, _ := o.Get("rows")
		list, _ := rows.(value.List)
		want := make([]string, 0, len(list))
		for _, one := range list {
			id, _ := one.(*value.Object).Get("uid")
			want = append(want, fmt.Sprint(id))
		}
		if len(want) == 0 {
			want = nil
		}
		if b.Scope == "" && fmt.Sprint(whole.Env) != "" || !reflect.DeepEqual(got, want) {
			t.Fatalf("%v, not %v", got, want)
		}
	})
}
