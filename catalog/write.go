package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// Write makes a first catalog file for a product from its OpenAPI documents: commented, complete enough to be imported,
// and with every operation listed that still needs a declaration. ParseFile reads the result back.
func Write(set Set) ([]byte, error) {
	file := File{Product: Product{Name: productName(set)}}.withDefaults()
	_, cov, err := Import(set, file)
	if err != nil {
		return nil, err
	}
	w := &fileWriter{}
	w.product(set, file)
	w.rules()
	w.scopes(set, cov)
	w.words()
	w.plans(file)
	w.operations(cov)
	return []byte(w.b.String()), nil
}

func productName(set Set) string {
	for _, d := range set.Documents {
		if d.Spec.Info != nil && strings.TrimSpace(d.Spec.Info.Title) != "" {
			return strings.TrimSpace(d.Spec.Info.Title)
		}
	}
	return "Product"
}

type fileWriter struct{ b strings.Builder }

func (w *fileWriter) line(format string, args ...any) {
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

// scalar writes any text so that YAML reads it back as the same text.
func scalar(s string) string {
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if strings.ContainsAny(s, "\n\r") || !plain(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	out, err := yaml.Marshal(&n)
	if err != nil || strings.Count(string(out), "\n") > 1 {
		return strconv.Quote(s)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func plain(s string) bool {
	for _, r := range s {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return true
}

func (w *fileWriter) product(set Set, file File) {
	w.line("# What your product offers to integrations. Review it like code: the gateway enforces what stands here.")
	w.line("# `guestright catalog import` checks it against the OpenAPI files and reports what is left open.")
	w.line("product:")
	w.line("  name: %s", scalar(file.Product.Name))
	w.line("  # The OpenAPI 3.0 or 3.1 files, relative to this file.")
	w.line("  documents:")
	for _, d := range set.Documents {
		w.line("    - %s", scalar(d.Name))
	}
	w.line("  # Where the gateway sends calls. An operation may name another upstream of this list.")
	w.line("  upstreams:")
	w.line("    default: %s", scalar(upstreamOf(set)))
	w.line("  # Where a request carries the account: path, query, header, host (a pattern with {account}) or none, where the")
	w.line("  # token alone says which account is meant.")
	w.line("  account:")
	w.line("    in: none")
	w.line("    # grant: a request without the key means the token's account; refuse: it is refused.")
	w.line("    missing: grant")
}

func upstreamOf(set Set) string {
	for _, d := range set.Documents {
		for _, s := range d.Spec.Servers {
			if s == nil {
				continue
			}
			scheme, rest, ok := strings.Cut(s.URL, "://")
			host, _, _ := strings.Cut(rest, "/")
			if ok && (scheme == "https" || scheme == "http") && host != "" && !strings.ContainsAny(host, "{}@?# ") {
				return scheme + "://" + host
			}
		}
	}
	return "http://127.0.0.1:8080"
}

func (w *fileWriter) rules() {
	w.line("")
	w.line("# How the requirement of an operation is found, in this order: `operations` below, x-guestright-* extensions in the")
	w.line("# documents, the scopes in their `security`, a prose rule, a default by method and resource.")
	w.line("rules:")
	w.line("  security:")
	w.line("    # schemes whose scopes say nothing about a call")
	w.line("    ignore: []")
	w.line("  # default:")
	w.line("  #   entitlement: \"{kind}:{verb}\"")
	w.line("  #   verbs:")
	w.line("  #     - {method: GET, verb: view}")
	w.line("  #     - {method: POST, verb: create}")
	w.line("  #     - {method: PUT, verb: update}")
	w.line("  #     - {method: PATCH, verb: update}")
	w.line("  #     - {method: DELETE, verb: delete}")
	w.line("")
	w.line("# Kinds of resources, for policies: where they stand in paths and how one of them is named.")
	w.line("# resources:")
	w.line("#   - kind: project")
	w.line("#     path: proj/{projectKey}")
	w.line("#     under: [\"/projects/**\"]")
}

func (w *fileWriter) scopes(set Set, cov Coverage) {
	w.line("")
	w.line("# What developers ask for. Administrators read label and explanation when they install; risk is low, medium or high.")
	if len(cov.ScopesUsed) == 0 {
		w.line("scopes: {}")
		return
	}
	said := scopeTexts(set)
	w.line("scopes:")
	for _, name := range cov.ScopesUsed {
		w.line("  %s:", scalar(name))
		w.line("    label: %s", scalar(name))
		w.line("    explanation: %s", scalar(said[name]))
		w.line("    risk: %s", guessRisk(name))
	}
}

// scopeTexts collects what OAuth flows say about scopes.
func scopeTexts(set Set) map[string]string {
	out := map[string]string{}
	for _, d := range set.Documents {
		if d.Spec.Components == nil {
			continue
		}
		for _, ref := range d.Spec.Components.SecuritySchemes {
			if ref == nil || ref.Value == nil || ref.Value.Flows == nil {
				continue
			}
			f := ref.Value.Flows
			for _, flow := range []map[string]string{scopesOf(f.AuthorizationCode), scopesOf(f.ClientCredentials), scopesOf(f.Implicit), scopesOf(f.Password)} {
				for name, text := range flow {
					out[name] = first(out[name], strings.TrimSpace(text))
				}
			}
		}
	}
	return out
}

func scopesOf(f *openapi3.OAuthFlow) map[string]string {
	if f == nil {
		return nil
	}
	return f.Scopes
}

// guessRisk proposes a first value for people to review; nothing is decided by it.
func guessRisk(name string) string {
	for _, word := range []string{"readonly", "read", "view", "list", "get"} {
		if strings.HasSuffix(strings.ToLower(name), word) {
			return "low"
		}
	}
	return "medium"
}

func (w *fileWriter) words() {
	w.line("")
	w.line("# The actions that operations require, where scopes are too coarse.")
	w.line("entitlements: {}")
	w.line("")
	w.line("# The same in the words of your own admin screens; one entitlement may stand under several labels.")
	w.line("privileges: []")
	w.line("# privileges:")
	w.line("#   - {label: Edit contacts, screen: Settings > Roles, entitlements: [contact:update]}")
	w.line("")
	w.line("# Roles of your product; `administrator: true` marks those that no integration may be bound to.")
	w.line("roles: {}")
	w.line("")
	w.line("# Events that your product publishes.")
	w.line("events: {}")
}

func (w *fileWriter) plans(file File) {
	w.line("")
	w.line("# Limits per developer group. Every group starts with `development`. A limit counts calls per 10s, 24h, 30d or month")
	w.line("# (a calendar month, UTC) and rejects what is above; for example one that is never an end, only slower and billed:")
	w.line("#   - {calls: 500000, per: month, soft: 250000, contract: 310000, mode: delay, pace: 2s}")
	w.line("plans:")
	names := make([]string, 0, len(file.Plans))
	for n := range file.Plans {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		p := file.Plans[n]
		w.line("  %s:", scalar(n))
		w.line("    label: %s", scalar(p.Label))
		w.line("    sites: %d", p.Sites)
		w.line("    limits:")
		for _, l := range p.Limits {
			w.line("      - {%s}", l.written())
		}
	}
}

func (w *fileWriter) operations(cov Coverage) {
	w.line("")
	w.line("# What single operations need, by operationId or \"METHOD /path\": an expression over scopes and entitlements, or public,")
	w.line("# or internal. For example:")
	w.line("#   createContact: {needs: \"scope:contacts.write and contact:create\"}")
	w.line("#   GET /status: {public: true, reason: It tells nothing about anybody.}")
	if len(cov.Gaps) == 0 {
		w.line("operations: {}")
		return
	}
	w.line("#")
	w.line("# %s without a requirement. Each is refused until you take away its mark and say what it needs.", count(len(cov.Gaps), "operation"))
	w.line("operations: {}")
	for _, g := range cov.Gaps {
		w.line("#  %s: {needs: \"\"}  # %s", scalar(g.Method+" "+g.Path), g.Reason)
	}
}

// written is a limit as one line of the file, with only what differs from the defaults.
func (l Limit) written() string {
	out := fmt.Sprintf("calls: %d, per: %s", l.Calls, l.Per)
	add := func(name, value string, there bool) {
		if there {
			out += ", " + name + ": " + value
		}
	}
	add("scope", l.Scope, l.Scope != "")
	add("soft", strconv.Itoa(l.Soft), l.Soft != 0)
	add("contract", strconv.Itoa(l.Contract), l.Contract != 0)
	add("mode", l.Mode, l.Mode != "")
	add("pace", l.Pace.String(), l.Pace != 0)
	add("max_wait", l.MaxWait.String(), l.MaxWait != 0)
	return out
}
