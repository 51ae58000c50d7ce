package catalog

import (
	"slices"
	"strings"
	"testing"
)

// Capabilities that belong to a preview are known ones, and each belongs to one.
func TestCapabilitiesOfPreviews(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		previews map[string]Gated
		at, code string
	}{
		"known":       {previews: map[string]Gated{"early": {Capabilities: []string{"inboundTrigger", "importer"}}}},
		"unknown":     {map[string]Gated{"early": {Capabilities: []string{"inboundTrigger", "trigger"}}}, "/previews/early/capabilities/1", "catalog.unknown_name"},
		"in two":      {map[string]Gated{"early": {Capabilities: []string{"importer"}}, "late": {Capabilities: []string{"importer"}}}, "/previews/late/capabilities/0", "catalog.conflict"},
		"twice there": {map[string]Gated{"early": {Capabilities: []string{"importer", "importer"}}}, "/previews/early/capabilities/1", "catalog.conflict"},
	} {
		found := ""
		for _, f := range (File{Previews: c.previews}).check() {
			if strings.HasPrefix(f.Pointer, "/previews") {
				found += f.Pointer + " " + f.Code
			}
		}
		if found != strings.TrimSpace(c.at+" "+c.code) {
			t.Errorf("%s: found %q, want %q", name, found, c.at+" "+c.code)
		}
	}
	c := &Catalog{file: File{Previews: map[string]Gated{"early": {Capabilities: []string{"inboundTrigger", "importer"}}}}}
	if got := c.CapabilityPreview("importer"); got != "early" {
		t.Errorf("the importer belongs to %q", got)
	}
	if got := c.CapabilityPreview("eventHook"); got != "" {
		t.Errorf("event hooks belong to %q", got)
	}
	if got := c.Previewed("early"); !slices.Equal(got, []string{"importer", "inboundTrigger"}) || c.file.Previews["early"].Capabilities[0] != "inboundTrigger" {
		t.Errorf("it opens %v", got)
	}
}
