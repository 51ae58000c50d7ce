package schema_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/guestright/guestright/manifest/schema"
)

func tree(t testing.TB, text string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// changed gives the full manifest of the compatible form with one member set;
// "-" takes it out.
func changed(t testing.TB, path, to string) any {
	t.Helper()
	data, err := os.ReadFile("../lint/testdata/full/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	root := tree(t, string(data))
	at, steps := root, strings.Split(path, ".")
	for _, s := range steps[:len(steps)-1] {
		switch node := at.(type) {
		case map[string]any:
			at = node[s]
		case []any:
			at = node[0]
		}
		if at == nil {
			t.Fatalf("no %s", path)
		}
	}
	last := steps[len(steps)-1]
	if to == "-" {
		delete(at.(map[string]any), last)
	} else {
		at.(map[string]any)[last] = tree(t, to)
	}
	return root
}

func words(n int) string { return `"` + strings.Repeat("w", n) + `"` }

// The limits of the compatible form, one more and one less than each.
func TestCompatibleForm(t *testing.T) {
	t.Parallel()
	hook, call := "capabilities.auditLogEventsHook.", "capabilities.approval."
	for _, c := range []struct {
		path string
		good []string
		bad  []string
	}{
		{"name", []string{words(3), words(100), `"äöü"`}, []string{"-", words(2), words(101), "1", "null"}},
		{"version", []string{`"1.0.0"`, `"1.0.0-rc.1+b"`, `"10.20.30"`}, []string{"-", `"1.0"`, `"v1.0.0"`, `"01.0.0"`, `"1.0.0-01"`, `"1.0.0-"`, `"1.0.0-rc.123456"`}},
		{"overview", []string{words(10), words(100)}, []string{"-", words(9), words(101), `"ten\nletters"`, `"ten\u2028letters"`, `"ten\rletters"`}},
		{"description", []string{words(50), words(2048)}, []string{"-", words(49), words(2049), `"` + strings.Repeat("w", 50) + `\n"`}},
		{"details", []string{"-", words(50)}, []string{words(49), words(2049)}},
		{"author", []string{words(3), words(100)}, []string{"-", words(2), words(101)}},
		{"supportEmail", []string{`"a@b.example"`}, []string{"-", `"a"`, `"@"`, `""`}},
		{"links.site", []string{`"http://x"`, `"HTTPS://{{x}}"`}, []string{"-", `"ftp://x"`, `"x"`, `" https://x"`, `"https://` + strings.Repeat("w", 2048) + `"`}},
		{"links.privacyPolicy", nil, []string{"-"}},
		{"links.launchdarklyDocs", []string{"-"}, []string{`"docs"`}},
		{"links.other", nil, []string{`"https://x"`}},
		{"categories", []string{`["ai"]`, `["ai","data","import"]`}, []string{"-", `[]`, `["ai","ai"]`, `["ai","data","import","monitoring"]`, `["fishing"]`}},
		{"icons", nil, []string{"-", `{"square":"a.svg"}`, `{"square":"a.svg","horizontal":"b.png"}`}},
		{"icons.square", []string{`"../../x.svg"`}, []string{`"a.png"`, `"a.svg.png"`}},
		{"otherCapabilities", []string{"-", `["ide","sso"]`, `["ide","ide"]`}, []string{`[]`, `["fishing"]`, `"ide"`}},
		{"legacy", []string{"-"}, []string{`{}`, `{"kind":"fishing"}`, `{"kind":"datadog","x":1}`}},
		{"requiresOAuth", []string{"-", "false"}, []string{`"true"`}},
		{"oauthIntegrationKey", []string{"-", words(3), words(100)}, []string{words(2), words(101)}},
		{"formVariables", []string{"-", "[]"}, []string{"{}"}},
		{"formVariables.0.key", []string{`""`, words(20), `"base-url"`}, []string{"-", words(21), `"a b"`, `"a\u00a0b"`}},
		{"formVariables.0.name", []string{`""`, words(50)}, []string{"-", words(51)}},
		{"formVariables.0.description", []string{`""`, words(250)}, []string{"-", words(251)}},
		{"formVariables.0.type", []string{`"oauth"`, `"enum"`}, []string{"-", `"url"`}},
		{"formVariables.0.defaultValue", []string{`""`, `false`}, []string{"1", "null", "[]"}},
		{"formVariables.0.surprise", nil, []string{"1"}},
		{"formVariables.0.dependsOn", []string{"[]", `[{"variableKey":"a","variableLocation":"formVariables","action":"hideField","conditions":[]}]`},
			[]string{`[{}]`, `[{"variableKey":"a","variableLocation":"forms","action":"hideField","conditions":[]}]`, `[{"variableKey":"a","variableLocation":"formVariables","action":"hideField","conditions":[{"operator":"is","value":"x"}]}]`,
				`[{"variableKey":"a","variableLocation":"formVariables","action":"hideField","conditions":[{"operator":"equalTo","value":` + words(251) + `}]}]`}},
		{hook + "endpoint", []string{"-"}, []string{`{"url":"x"}`, `{"method":"POST"}`, `"x"`}},
		{hook + "endpoint.method", []string{`"DELETE"`}, []string{"-", `"HEAD"`, `"post"`}},
		{hook + "endpoint.headers", []string{"-", "[]"}, []string{`[{"name":"a b","value":""}]`, `[{"name":"a"}]`, `[{"name":` + words(51) + `,"value":""}]`}},
		{hook + "endpoint.hmacSignature", []string{"-", "{}"}, []string{`{"secret":"x"}`}},
		{hook + "templates", []string{"{}"}, []string{"-", `{"segment":"x"}`, `{"flag":1}`}},
		{hook + "defaultPolicy", []string{"-", "[{}]"}, []string{"[]", `[{"effect":"perhaps"}]`, `[{"actions":"*"}]`}},
		{hook + "deliveryMethod", []string{`"custom"`}, []string{`"pigeon"`}},
		{"capabilities", []string{"-", "{}"}, []string{`{"fishing":{}}`, "[]"}},
		{"capabilities.eventsHook.triggers", []string{`{"a":[1]}`, "1"}, nil},
		{"capabilities.eventsHook.endpoint", nil, []string{"-"}},
		{"capabilities.trigger", nil, []string{"{}"}},
		{"capabilities.trigger.auth", []string{"-"}, []string{`"hmac"`}},
		{"capabilities.trigger.parser", []string{"-", "{}"}, []string{`{"x":"/x"}`}},
		{call + "creationRequest", []string{`"x"`, "7"}, []string{"-", "{}"}},
		{call + "statusRequest", []string{`"x"`, "null"}, []string{"-", `{"endpoint":{"url":"x","method":"GET"}}`}},
		{call + "memberListRequest", []string{"-", "[]"}, []string{"{}"}},
		{call + "statusRequest.parser", nil, []string{`{}`, `{"statusValue":"/x"}`, `{"statusValue":"/x","approvalMatcher":"x","y":"z"}`}},
		{call + "name", []string{"-", words(1), words(100)}, []string{`""`, words(101)}},
		{"capabilities.featureStore.validationRequest.parser", nil, []string{`{"success":"/x","error":"/y"}`, `{"errors":"/y"}`}},
		{"capabilities.bigSegmentStore.dbStyle", []string{`"dynamoDB"`}, []string{`"dynamodb"`, "-"}},
		{"capabilities.syncedSegment.requestParser.memberArrayParser", nil, []string{"-", "{}"}},
		{"capabilities.flagLink.metadata", []string{"-", "{}", `{"any name":{"type":"uri"}}`}, []string{`{"a":{"type":"number"}}`}},
		{"capabilities.flagLink.uiBlocks.title", []string{"-", `{"elements":[]}`}, []string{"{}", `{"elements":[{}]}`}},
		{"capabilities.reservedCustomProperties", []string{"[]"}, []string{`[{"name":"a"}]`, `[{"name":` + words(65) + `,"key":"a"}]`, "{}"}},
		{"capabilities.buttonAction.requestBodyTemplates", []string{`[{"key":"a","jsonBody":"","requiredContext":[],"more":{}}]`}, []string{`[{"key":"a"}]`}},
		{"capabilities.flagImport", nil, []string{"{}", `{"includeErrorResponseBody":true,"templates":{"x":"y"}}`}},
		{"capabilities.flagCleanup", []string{"{}"}, []string{`{"x":1}`}},
		{"capabilities.hideConfiguration", []string{"true"}, []string{`"yes"`}},
		{"capabilities.externalConfigurationPages", nil, []string{`{"createUrl":"https://x"}`}},
		{"capabilities.internalConfigurationURL", []string{`"a/b?c=1"`, `"/a/b"`, `"a"`}, []string{`"https://x/y"`, `"//x/y"`, words(2049)}},
	} {
		for _, to := range c.good {
			if bad := schema.CheckLaunchDarkly(changed(t, c.path, to)); len(bad) > 0 {
				t.Errorf("%s as %.60s: %+v", c.path, to, bad)
			}
		}
		for _, to := range c.bad {
			bad := schema.CheckLaunchDarkly(changed(t, c.path, to))
			if len(bad) == 0 {
				t.Errorf("%s as %.60s went through", c.path, to)
			}
			for _, f := range bad {
				if f.Message == "" || f.Mend == "" || strings.Contains(f.Message, "breaks the rule") {
					t.Errorf("%s as %.60s: %+v says too little", c.path, to, f)
				}
			}
		}
	}
}

// Both schemas are schemas, and for editors: no pattern needs this program's
// engine alone.
func TestSchemasAreForEditors(t *testing.T) {
	t.Parallel()
	for _, text := range [][]byte{schema.Native(), schema.LaunchDarkly()} {
		var doc map[string]any
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		if doc["$id"] == nil || doc["title"] == nil || bytes.Contains(text, []byte(`\\x{`)) || bytes.Contains(text, []byte(`(?`)) {
			t.Error(doc["$id"])
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource("urn:test", doc); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Compile("urn:test"); err != nil {
			t.Error(err)
		}
	}
}
