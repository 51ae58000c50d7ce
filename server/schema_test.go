package server_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/guestright/guestright/server/servertest"
)

// Editors can be given the address of the schema of manifests.
func TestManifestSchemaIsServed(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	res, err := h.Client.Get(h.URL + "/schemas/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var doc map[string]any
	if err := json.NewDecoder(res.Body).Decode(&doc); err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/schema+json" {
		t.Fatalf("%d %v %v", res.StatusCode, res.Header, err)
	}
	if props, _ := doc["properties"].(map[string]any); props["eventHooks"] == nil {
		t.Errorf("%v", doc)
	}
}
