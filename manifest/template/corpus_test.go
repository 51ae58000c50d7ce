package template_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

const corpus = "../../../shared/corpus/launchdarkly"

// site is a place of a manifest where a template stands, or a template's file.
type site struct {
	name, source string
	dialect      template.Dialect
	kind         string // which data it gets
	folder       string
	manifest     *value.Object
}

// first is for what can't fail unless the corpus is broken.
func first[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func object(pairs ...any) *value.Object {
	o := &value.Object{}
	for i := 0; i < len(pairs); i += 2 {
		o.Set(pairs[i].(string), pairs[i+1])
	}
	return o
}

// at gives what a pointer leads to; nil for nothing.
func at(t testing.TB, v value.Value, pointer string) value.Value {
	t.Helper()
	out, _ := first(value.ParsePointer(pointer)).Get(v)
	return out
}

// sites gives every template of the corpus; false when it is not at hand.
func sites(t testing.TB) ([]site, bool) {
	t.Helper()
	if _, err := os.Stat(corpus); err != nil {
		return nil, false
	}
	var out []site
	for _, file := range first(filepath.Glob(corpus + "/integrations/*/manifest.json")) {
		folder := filepath.Dir(file)
		m, ok := first(value.Decode(first(os.ReadFile(file)))).(*value.Object)
		if !ok {
			t.Fatalf("%s is no object", file)
		}
		base := site{folder: filepath.Base(folder), manifest: m}
		base.walk(m, nil, &out)
		for _, path := range first(filepath.Glob(folder + "/templates/*")) {
			s := base
			s.name, s.source = s.folder+"/"+filepath.Base(path), string(first(os.ReadFile(path)))
			s.kind, s.dialect = "body", template.Plain
			if n := strings.ToLower(path); strings.HasSuffix(n, ".json") || strings.HasSuffix(n, ".json.hbs") {
				s.dialect = template.JSON
			}
			out = append(out, s)
		}
	}
	return out, true
}

// walk finds strings with a mustache, and says by where they stand what they are.
func (s site) walk(v value.Value, path []string, out *[]site) {
	switch v := v.(type) {
	case *value.Object:
		for i := range v.Len() {
			key, one := v.At(i)
			s.walk(one, append(path[:len(path):len(path)], key), out)
		}
	case value.List:
		for _, one := range v {
			s.walk(one, append(path[:len(path):len(path)], "*"), out)
		}
	case string:
		if !strings.Contains(v, "{{") || len(path) < 2 || path[0] != "capabilities" {
			return
		}
		s.name, s.source, s.kind = s.folder+"/"+strings.Join(path[1:], "/"), v, path[1]
		last := path[len(path)-1]
		switch {
		case slices.Contains(path, "uiBlocks"):
			s.dialect = template.Text
		case last == "value" && slices.Contains(path, "headers"):
			s.dialect = template.Header
		case last == "jsonBody" || last == "jsonResponseBody":
			s.dialect, s.kind = template.JSON, s.kind+" body"
		default:
			s.dialect = template.URL
		}
		*out = append(*out, s)
	}
}

// variables gives what upstream's tests give for form variables.
func (s site) variables(t testing.TB, pointer string) *value.Object {
	out := &value.Object{}
	list, _ := at(t, s.manifest, pointer).(value.List)
	for _, one := range list {
		key, _ := at(t, one, "/key").(string)
		switch at(t, one, "/type") {
		case "string", "enum", "dynamicEnum", "generated":
			out.Set(key, key)
		case "boolean":
			out.Set(key, true)
		case "uri":
			out.Set(key, "https://"+key+".com")
		case "multiselect":
			out.Set(key, value.List{"first", "second"})
		}
	}
	return out
}

// merged gives the members of several objects; later ones win.
func merged(all ...*value.Object) *value.Object {
	out := &value.Object{}
	for _, o := range all {
		for i := range o.Len() {
			key, one := o.At(i)
			out.Set(key, one)
		}
	}
	return out
}

// data gives what a site gets with an event.
func (s site) data(t testing.TB, event *value.Object) *value.Object {
	vars, oauth := s.variables(t, "/formVariables"), object("oauth", object("baseURI", "https://oauth.example", "accessToken", "token"))
	scope := s.variables(t, "/capabilities/approval/environmentFormVariables")
	switch s.kind {
	case "body":
		if at(t, s.manifest, "/capabilities/eventsHook") != nil { // there it is a text
			event = merged(event, object("timestamp", "2020-02-04T01:02:14Z"))
		}
		return merged(event, object("formVariables", merged(vars, oauth), "link", "https://app.example/a?b=c&d=e", "templateVariables", object(
			"errorMonitoringDedupKey", "dedup", "errorMessage", "it broke", "measuredRolloutDedupKey", "rollout", "measuredRolloutFlagName", "Flag", "projKey", "p", "envKey", "e", "flagKey", "f", "tags", value.List{"x", "y"})))
	case "featureStore":
		return merged(s.variables(t, "/capabilities/featureStore/formVariables"), object("_featureStoreKey", "store-key", "envId", "5f00"))
	case "approval":
		return merged(vars, oauth, object("environment", scope, "context", merged(event, object("approvalId", "chg 1/2&3"))))
	case "approval body":
		member, _ := event.Get("member")
		links, _ := event.Get("_links")
		return merged(event, object("approvalId", "a1", "approvalDescription", "please", "member", merged(member.(*value.Object), object("externalId", "x1")), "flag", object("name", "Flag", "key", "f", "tags", value.List{"t"}),
			"_links", merged(links.(*value.Object), object("approval", object("href", "https://app.example/approval"), "history", object("href", "https://app.example/history"))),
			"environmentFormVariables", scope, "approvalFormVariables", merged(s.variables(t, "/capabilities/approval/approvalFormVariables"), object("extra", "more")),
			"creationResponseBody", object("result", value.List{object("display_value", "CHG1", "sys_id", "s1")})))
	case "syncedSegment body":
		return object("requestBody", object("environmentId", "e1", "contextKind", "user", "cohortId", "c1"), "statusCode", json.Number("400"), "errorMessage", "no list", "projectKey", "p", "environmentKey", "e", "segmentKey", "s", "segmentUrl", "https://app.example/s?a=b")
	case "buttonAction body":
		return object("flagKey", "f", "content", object("selectedSdk", "Go", "instructions", object("import", "import x", "initialize", "x.New()", "install", "get x"), "modelName", "m"))
	case "flagLink":
		metadata := &value.Object{}
		declared, _ := at(t, s.manifest, "/capabilities/flagLink/metadata").(*value.Object)
		for i := range declared.Len() {
			key, _ := declared.At(i)
			metadata.Set(key, key)
		}
		return object("deepLink", "https://partner.example/1", "metadata", metadata)
	}
	return merged(vars, oauth, object("context", event))
}

// events gives the sample events of the corpus by name.
func events(t testing.TB) ([]string, map[string]*value.Object) {
	t.Helper()
	out := map[string]*value.Object{}
	var names []string
	for _, file := range first(filepath.Glob(corpus + "/sample-context/*/*.json")) {
		name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
		names = append(names, name)
		out[name] = first(value.Decode(first(os.ReadFile(file)))).(*value.Object)
	}
	return names, out
}

// spoiled gives data with a tail at each text.
func spoiled(v value.Value, tail string) value.Value {
	switch t := v.(type) {
	case string:
		return t + tail
	case value.List:
		out := value.List{}
		for _, one := range t {
			out = append(out, spoiled(one, tail))
		}
		return out
	case *value.Object:
		out := &value.Object{}
		for i := range t.Len() {
			key, one := t.At(i)
			out.Set(key, spoiled(one, tail))
		}
		return out
	}
	return v
}
