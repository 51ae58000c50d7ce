package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// perKind is how many operations each kind of thing has.
const perKind = 5

// writeProduct writes an OpenAPI document and a catalog over it.
func (s scale) writeProduct(dir, upstream string) error {
	kinds := max(s.routes/perKind, 1)
	if err := os.WriteFile(filepath.Join(dir, "openapi.yaml"), []byte(document(kinds)), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "catalog.yaml"), []byte(catalogOf(kinds, upstream)), 0o600)
}

func document(kinds int) string {
	var b strings.Builder
	b.WriteString("openapi: 3.1.0\ninfo: {title: Product, version: 1.0.0}\npaths:\n")
	one := func(method, id, scope, needs string) {
		fmt.Fprintf(&b, "    %s:\n      operationId: %s\n      summary: %s\n      x-guestright-needs: 'scope:%s and entitlement:%s'\n      responses: {'200': {description: The answer}}\n",
			method, id, id, scope, needs)
	}
	account := "    - {name: account, in: path, required: true, schema: {type: string}}\n"
	for i := range kinds {
		k := kind(i)
		fmt.Fprintf(&b, "  /v1/accounts/{account}/%ss:\n    parameters:\n%s", k, account)
		one("get", "list_"+k, k+".read", k+":view")
		one("post", "create_"+k, k+".write", k+":create")
		fmt.Fprintf(&b, "  /v1/accounts/{account}/%ss/{%s}:\n    parameters:\n%s    - {name: %s, in: path, required: true, schema: {type: string}}\n", k, k, account, k)
		one("get", "get_"+k, k+".read", k+":view")
		one("patch", "update_"+k, k+".write", k+":update")
		one("delete", "delete_"+k, k+".write", k+":delete")
	}
	return b.String()
}

func catalogOf(kinds int, upstream string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "product:\n  name: Product\n  documents: [openapi.yaml]\n  upstreams: {default: 'http://%s'}\n  account: {in: path, name: account}\n", upstream)
	b.WriteString("scopes:\n")
	for i := range kinds {
		k := kind(i)
		fmt.Fprintf(&b, "  %s.read: {label: See %ss, entitlements: ['%s:view']}\n", k, k, k)
		fmt.Fprintf(&b, "  %s.write: {label: Change %ss, entitlements: ['%s:view', '%s:create', '%s:update', '%s:delete']}\n", k, k, k, k, k, k)
	}
	b.WriteString("entitlements:\n")
	for i := range kinds {
		for _, verb := range []string{"view", "create", "update", "delete"} {
			fmt.Fprintf(&b, "  '%s:%s': {label: '%s %ss'}\n", kind(i), verb, verb, kind(i))
		}
	}
	b.WriteString("resources:\n")
	for i := range kinds {
		fmt.Fprintf(&b, "  - {kind: %s, label: %s, path: '%s/{%s}'}\n", kind(i), kind(i), kind(i), kind(i))
	}
	b.WriteString("plans:\n  development:\n    label: Development\n    sites: 1000000\n    limits:\n")
	for _, scope := range []string{"group", "application", "account"} {
		fmt.Fprintf(&b, "      - {calls: 10000000, per: 10s, scope: %s}\n      - {calls: 1000000000000, per: 24h, scope: %s}\n", scope, scope)
	}
	return b.String()
}

// kind names the things of the product: kindaa, kindab, …
func kind(i int) string { return "kind" + string(rune('a'+i/26%26)) + string(rune('a'+i%26)) }
