package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/server/fronttest"
)

// Envoy is told to take a legacy key out of the query, however its name is
// spelled, and to leave everything else.
func TestEnvoyTakesLegacyKeysAway(t *testing.T) {
	t.Parallel()
	s := newStand(t, "envoy", gateway.FamilyOriginal)
	s.places(t, catalog.Key{In: "query", Name: "api_key"}, catalog.Key{In: "header", Name: "X-Api-Key"})
	s.adopt(t, legacy.Row{Account: "north", Key: secret.New("legacy-everything"), Label: "ERP", Everything: true})
	client := s.envoy(t)
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "guestright-check-key", checkKey), 20*time.Second)
	defer cancel()
	for path, want := range map[string][2]string{
		"/a/x?q=1&api_key=legacy-everything": {"api_key", ""},
		"/a/x?API%5Fkey=legacy-everything":   {"API%5Fkey", ""},
		"/a/x?q=1":                           {"", "x-api-key"},
	} {
		header := map[string]string{":method": "GET", ":authority": fronttest.Host}
		if want[1] != "" {
			header["x-api-key"] = "legacy-everything"
		}
		res, err := client.Check(ctx, question("GET", path, fronttest.Host, header))
		if err != nil || res.GetStatus().GetCode() != int32(codes.OK) {
			t.Fatalf("%s: %v %v", path, res, err)
		}
		ok := res.GetOkResponse()
		if got := strings.Join(ok.GetQueryParametersToRemove(), " "); got != want[0] {
			t.Errorf("%s: removes %q of the query, want %q", path, got, want[0])
		}
		if got := strings.Join(ok.GetHeadersToRemove(), " "); got != want[1] {
			t.Errorf("%s: removes the headers %q, want %q", path, got, want[1])
		}
	}
}
