package access_test

import (
	"errors"

	"github.com/guestright/guestright/kit/problem"
)

// pointers lists where a problem says the faults are.
func pointers(err error) []string {
	var p *problem.Error
	if !errors.As(err, &p) {
		return nil
	}
	var out []string
	for _, f := range p.Fields {
		out = append(out, f.Pointer)
	}
	return out
}
