package web

import (
	"context"
	"reflect"
	"testing"

	"github.com/guestright/guestright/kit/problem"
)

func TestSchemaNamesCarryThePackage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		of   reflect.Type
		want string
	}{
		{reflect.TypeFor[Operation](), "Operation"},
		{reflect.TypeFor[problem.Declared](), "Declared"},
		{reflect.TypeFor[reflect.Kind](), "Kind"},
		{reflect.TypeFor[Page[problem.Field]](), "PageField"},
		{reflect.TypeFor[*Page[int]](), "PageInt"},
	} {
		if got := (&API{}).schemaName(tc.of, "hint"); got != tc.want {
			t.Errorf("%v: %s, want %s", tc.of, got, tc.want)
		}
	}
	for _, tc := range []struct{ pkg, name, want string }{
		{"account", "Account", "Account"}, {"account", "Member", "AccountMember"}, {"group", "Member", "GroupMember"},
		{"application", "ApplicationKey", "ApplicationKey"}, {"web", "thing", "Thing"},
	} {
		if got := withPackage(tc.pkg, tc.name); got != tc.want {
			t.Errorf("%s.%s: %s, want %s", tc.pkg, tc.name, got, tc.want)
		}
	}
}

type pathPart struct {
	ID string `path:"id"`
}

func TestAHiddenPartOfAnInputStopsTheProgram(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("an embedded struct that would stay empty was mounted")
		}
	}()
	type in struct {
		pathPart
		Body struct{}
	}
	Op(New(Config{Title: "T"}), Operation{ID: "x", Method: "GET", Path: "/x/{id}", Summary: "X"},
		func(context.Context, *in) (*struct{}, error) { return nil, nil })
}
