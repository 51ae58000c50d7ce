package role

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// Given is a role with the values of its attributes, as it is given to a member.
type Given struct {
	Role       string            `json:"role" maxLength:"100" doc:"Id of a custom role, or reader, writer, admin, no_access"`
	Attributes access.Attributes `json:"attributes,omitempty" doc:"Values of the role's attributes; several values mean any of them"`
}

// Assignment is a role that a member has.
type Assignment struct {
	Account    string            `json:"account"`
	User       string            `json:"user"`
	Role       string            `json:"role" doc:"Id of a custom role, or reader, writer, admin, no_access"`
	Name       string            `json:"name" doc:"Of the role"`
	Attributes access.Attributes `json:"attributes" nullable:"false"`
	Given      time.Time         `json:"given"`
	By         string            `json:"by" doc:"Who gave it"`
}

const (
	rolesMost      = 50  // of one member
	attributesMost = 50  // keys of one assignment
	valuesMost     = 100 // of one attribute
)

// check returns the findings about one given role; at is its JSON pointer.
func (g Given) check(at string) []problem.Field {
	var f []problem.Field
	if len(g.Attributes) > attributesMost {
		return []problem.Field{{Pointer: at + "/attributes", Code: "too_many", Detail: "At most 50 attributes."}}
	}
	for _, key := range slices.Sorted(maps.Keys(g.Attributes)) {
		values := g.Attributes[key]
		switch {
		case !access.Word(key):
			return append(f, problem.Field{Pointer: at + "/attributes", Code: "attribute_invalid", Detail: "The key of an attribute has letters, digits, _ - and . only."})
		case len(values) > valuesMost:
			f = append(f, problem.Field{Pointer: at + "/attributes/" + key, Code: "too_many", Detail: "At most 100 values."})
			continue
		}
		for i, v := range values {
			if n := utf8.RuneCountInString(v); n == 0 || n > 200 || strings.TrimSpace(v) != v || strings.ContainsFunc(v, func(r rune) bool { return !unicode.IsPrint(r) }) {
				f = append(f, problem.Field{Pointer: at + "/attributes/" + key + "/" + strconv.Itoa(i), Code: "value_invalid", Detail: "1 to 200 printable characters, no space at either end."})
			}
		}
	}
	return f
}

// Affected is a member whose rights change with a role.
type Affected struct {
	User       string            `json:"user"`
	Name       string            `json:"name"`
	Email      string            `json:"email"`
	Attributes access.Attributes `json:"attributes" nullable:"false"`
}

// Hold is something else that uses a role, such as a token.
type Hold struct {
	Holder string `json:"holder" doc:"Such as apitoken/…"`
	Name   string `json:"name"`
	Grant  string `json:"-"` // whose rights follow from the role; "" for none
}
