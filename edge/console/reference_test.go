package console_test

import "testing"

func TestReferencePagesAreSound(t *testing.T) {
	s := newShop(t)
	s.sound(s.noor, map[string]string{"reference": "/reference", "reference-search": "/reference?q=flag+create", "reference-none": "/reference?q=zebra",
		"operation": "/reference/createFlag", "scopes": "/reference/scopes"})
}
