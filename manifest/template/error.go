package template

import (
	"fmt"
	"strings"
)

// Error says where a template is wrong, and how.
type Error struct {
	Line, Column int // from 1; columns count bytes
	Reason       string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// place gives line and column of a byte of the source.
func place(src string, at int) (line, column int) {
	before := src[:min(at, len(src))]
	return strings.Count(before, "\n") + 1, len(before) - strings.LastIndexByte(before, '\n')
}

func placed(src string, at int, reason string) *Error {
	line, column := place(src, at)
	return &Error{Line: line, Column: column, Reason: reason}
}
