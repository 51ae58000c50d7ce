package web

import (
	"reflect"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const ours = "github.com/guestright/guestright/"

// qualified is a type of ours inside the name of a generic type.
var qualified = regexp.MustCompile(`[A-Za-z0-9_.~/-]*/([a-z0-9_]+)\.([A-Za-z0-9_]+)`)

// schemaName names a type in the description. Several slices have a Member or a
// Draft, so the package stands before it, unless the type is the package's own
// noun: account.Account is Account, account.Member is AccountMember.
func (a *API) schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" && t.Kind() == reflect.Struct && a.owner != "" {
		// A body without a type of its own is named after the operation's slice.
		return withPackage(a.owner, huma.DefaultSchemaNamer(t, hint))
	}
	if t.Name() == "" || !strings.HasPrefix(t.PkgPath(), ours) {
		return huma.DefaultSchemaNamer(t, hint)
	}
	pkg := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
	base, arguments, _ := strings.Cut(t.Name(), "[")
	name := withPackage(pkg, base)
	for _, m := range qualified.FindAllStringSubmatch(arguments, -1) {
		name += withPackage(m[1], m[2])
	}
	if arguments != "" && !qualified.MatchString(arguments) {
		name += huma.DefaultSchemaNamer(reflect.TypeFor[struct{}](), strings.TrimSuffix(arguments, "]"))
	}
	return name
}

func withPackage(pkg, name string) string {
	name = strings.ToUpper(name[:1]) + name[1:]
	pkg = strings.TrimSuffix(pkg, "_test")
	if pkg == "web" || pkg == "problem" || strings.EqualFold(pkg, name) {
		return name
	}
	if strings.HasPrefix(strings.ToLower(name), pkg) {
		return name
	}
	return strings.ToUpper(pkg[:1]) + pkg[1:] + name
}

// sliceOf is the package in which an operation's input or output is defined.
func sliceOf(types ...reflect.Type) string {
	for _, t := range types {
		if path := t.PkgPath(); strings.HasPrefix(path, ours) && t.Name() != "" {
			return path[strings.LastIndexByte(path, '/')+1:]
		}
	}
	return ""
}
