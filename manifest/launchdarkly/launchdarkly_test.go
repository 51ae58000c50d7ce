package launchdarkly_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/guestright/guestright/manifest/launchdarkly"
)

func full(t testing.TB) map[string]any {
	t.Helper()
	data, err := os.ReadFile("../lint/testdata/full/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	return read(t, string(data))
}

func read(t testing.TB, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Every pointer of the neutral form leads back to the same value, or to one that
// the table gives another word.
func TestPointersLeadBack(t *testing.T) {
	t.Parallel()
	theirs := full(t)
	ours, from := launchdarkly.Read("harbour-watch", theirs)
	for neutral, want := range map[string]string{
		"/listing/tagline":                                  "/overview",
		"/listing/links/privacy":                            "/links/privacyPolicy",
		"/listing/categories/1":                             "/categories/1",
		"/forms/installation/4/fetch/parser/item/label":     "/formVariables/4/dynamicOptions/parser/optionsItems/label",
		"/forms/installation/5/dependsOn/0/form":            "/formVariables/5/dependsOn/0/variableLocation",
		"/eventHooks/0/endpoint/headers/1/value":            "/capabilities/auditLogEventsHook/endpoint/headers/1/value",
		"/eventHooks/0/templates/byKind/flag":               "/capabilities/auditLogEventsHook/templates/flag",
		"/eventHooks/1/templates/byType":                    "/capabilities/eventsHook/templates",
		"/eventHooks/0/endpoint/sign":                       "/capabilities/auditLogEventsHook/endpoint/hmacSignature",
		"/changeApproval/calls/directory/parser/item/email": "/capabilities/approval/memberListRequest/parser/memberItems/email",
		"/snapshotPush/push/wrap/before":                    "/capabilities/featureStore/featureStoreRequest/payloadPrefix",
		"/membershipSync/parser/members/action/matcher":     "/capabilities/syncedSegment/requestParser/arrayInclusion/matcher",
		"/membershipSync/parser/members/add":                "/capabilities/syncedSegment/requestParser",
		"/resourceLink/blocks/context/elements/0/url":       "/capabilities/flagLink/uiBlocks/context/elements/0/url",
		"/reservedProperties/properties/0/key":              "/capabilities/reservedCustomProperties/0/key",
		"/userAction/bodies/0/extra/note":                   "/capabilities/buttonAction/requestBodyTemplates/0/note",
		"/configuration/editable":                           "/capabilities/hideConfiguration",
		"/nowhere":                                          "",
	} {
		if got := from.Back(neutral); got != want {
			t.Errorf("%s leads to %s, not %s", neutral, got, want)
		}
	}
	back, err := launchdarkly.Write(ours)
	if err != nil || !reflect.DeepEqual(back, theirs) {
		t.Errorf("%v %v", back, err)
	}
}

// What is there and empty stays so.
func TestEmptyObjectsStay(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"capabilities":{}}`, `{"capabilities":{"externalConfigurationPages":{}}}`, `{"capabilities":{"flagCleanup":{},"auditLogEventsHook":{"templates":{}}}}`, `{"legacy":{}}`,
		`{"capabilities":{"buttonAction":{"actionRequest":{},"requestBodyTemplates":[{"a.b":{},"~/":1}]}}}`, `{"capabilities":{"approval":{"creationRequest":"x","statusRequest":[]}}}`,
		`{"formVariables":[],"links":{}}`, `{"capabilities":{"auditLogEventsHook":{"useStandardWebhookPayload":false,"deliveryMethod":"custom","endpoint":{"hmacSignature":{}}},"hideConfiguration":false}}`,
		`{"capabilities":{"flagImport":{},"eventsHook":{"triggers":{"deep":[{}]}}}}`, `{"formVariables":[{"type":7},"x",null]}`,
	} {
		theirs := read(t, text)
		ours, _ := launchdarkly.Read("key", theirs)
		back, err := launchdarkly.Write(ours)
		if err != nil || !reflect.DeepEqual(back, read(t, text)) {
			t.Errorf("%s came back as %v %v", text, back, err)
		}
	}
}

// What only the neutral form can say is not lost in silence.
func TestWordsThatTheyLack(t *testing.T) {
	t.Parallel()
	ours, _ := launchdarkly.Read("key", full(t))
	for _, change := range []func(){
		func() { ours["eventHooks"] = append(ours["eventHooks"].([]any), map[string]any{"source": "audit"}) },
		func() { ours["inboundTrigger"].(map[string]any)["on"] = []any{"course"} },
		func() { ours["contextView"] = "native-1" },
		func() { ours["resourceLink"].(map[string]any)["surprise"] = true },
	} {
		ours, _ = launchdarkly.Read("key", full(t))
		change()
		if _, err := launchdarkly.Write(ours); !errors.Is(err, launchdarkly.ErrWords) {
			t.Errorf("%v", err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"capabilities":{"flagImport":{"x":{}},"approval":{"creationRequest":{"parser":{}}}},"links":{"site":{}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var theirs map[string]any
		if json.Unmarshal([]byte(text), &theirs) != nil || theirs == nil {
			return
		}
		ours, from := launchdarkly.Read("key", theirs)
		_, _ = launchdarkly.Write(ours)
		if at := from.Back("/eventHooks/0/x"); strings.Contains(at, "eventHooks") {
			t.Fatal(at)
		}
	})
}
