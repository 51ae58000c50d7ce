package console

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
)

func TestPolicyTextComesBackAsItWas(t *testing.T) {
	t.Parallel()
	p := access.Policy{
		{Effect: access.Allow, Actions: []string{"flag:view", "flag:update"}, Resources: []string{"proj/*:env/<a>&b:flag/*"}},
		{Effect: access.Deny, NotActions: []string{"flag:view"}, NotResources: []string{}},
	}
	text := policyText(p)
	if !strings.Contains(text, `    "actions": ["flag:view", "flag:update"],`) || !strings.Contains(text, "<a>&b") {
		t.Error(text)
	}
	back, faults := policyOf(policyText(p[:1]))
	if len(faults) > 0 || policyText(back) != policyText(p[:1]) {
		t.Errorf("%v %+v", faults, back)
	}
	for _, empty := range []string{"", "  \n", "[]"} {
		if got, faults := policyOf(empty); len(got) != 0 || len(faults) > 0 {
			t.Errorf("%q: %v %v", empty, got, faults)
		}
	}
	if policyText(nil) != "[]" {
		t.Error(policyText(nil))
	}
}

func TestFaultsOfAPolicyNameTheirLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[\n {\"effect\": \"allow\",\n  \"actions\": [\"a\",\n   \"\"],\n  \"resources\": [\"*\"]}\n]": "Line 4: ",
		"[\n {\"effect\": \"perhaps\", \"actions\": [\"a\"], \"resources\": [\"*\"]}]":                 "Line 2: The effect",
		"[\n\n {\"efect\": \"allow\"}]":                   "Line 3: A statement has",
		"[\n {\"effect\": \"allow\"\n  \"actions\": []}]": "Line 3: This is not JSON",
		"[\n {\"effect\": \"allow\"":                      "it ends too early",
		"{}":                                              "A policy is a list",
		"[1]":                                             "Line 1: A statement is an object",
		"[" + strings.Repeat(`{"effect":"allow","actions":["a"],"resources":["*"]},`, 200) + `{"effect":"allow"}]`: "at most 200",
	} {
		_, faults := policyOf(text)
		if len(faults) == 0 || !strings.Contains(faults[0].String(), want) {
			t.Errorf("%s: %v, want %s", text, faults, want)
		}
	}
}
