package server_test

import (
	"testing"

	"github.com/guestright/guestright/server/servertest"
)

// H49: the description names only codes that are declared with cause and remedy.
func TestH49_EveryCodeIsDeclared(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	if _, err := h.API.OpenAPI(); err != nil {
		t.Error(err)
	}
}
