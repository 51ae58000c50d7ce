package sheet

import (
	"strings"
	"time"
)

// Markdown is the sheet as a text (CommonMark with tables) that can stand in the
// developer's own documentation. The same facts always give the same text.
func (s Sheet) Markdown() string {
	var b strings.Builder
	put := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
		b.WriteByte('\n')
	}
	put("# ", plain(s.Name), " ", plain(s.Version), ": customer sheet\n")
	put(plain(or(s.Tagline, s.Description)), "\n")
	put("| | |\n|---|---|")
	row := func(name, value string) {
		if value != "" {
			put("| ", name, " | ", value, " |")
		}
	}
	row("Application ID", code(s.ApplicationID))
	row("Developer", plain(s.Developer))
	row("Works with", plain(s.Product))
	row("Version", plain(s.Version)+s.when())
	row("Verified by the operator", yes(s.Verified))
	row("Integration user", plain(s.UserName))
	row("Role", plain(s.RoleName))
	row("Support", link(s.Links.Support))
	row("Privacy statement", link(s.Links.Privacy))
	row("Security reports", link(s.Links.Security))
	row("Website", link(s.Links.Website))
	put()
	s.markdownAccess(put)
	s.markdownData(put)
	return b.String()
}

func (s Sheet) markdownAccess(put func(...string)) {
	put("## What it asks for\n")
	if len(s.Scopes) == 0 {
		put("It asks for no permissions.")
	} else {
		put("| Scope | | Why |\n|---|---|---|")
	}
	for _, sc := range s.Scopes {
		put("| ", plain(sc.Label), " (", code(sc.Name), ") | ", needed(sc.Required), " | ", plain(sc.Purpose), " |")
	}
	put()
	if len(s.Privileges) > 0 {
		put("## Privileges of its role in ", plain(s.Product), "\n\n| Privilege | Where | | Entitlements |\n|---|---|---|---|")
		for _, p := range s.Privileges {
			names := make([]string, len(p.Entitlements))
			for i, e := range p.Entitlements {
				names[i] = code(e)
			}
			put("| ", plain(p.Label), " | ", plain(p.Screen), " | ", needed(p.Required), " | ", strings.Join(names, ", "), " |")
		}
		put()
	}
	if s.InPersonsName != "" {
		put("## In people's names\n\n", plain(s.InPersonsName), "\n")
	}
}

func (s Sheet) markdownData(put func(...string)) {
	list := func(title, none string, items []string) {
		put("## ", title, "\n")
		for _, i := range items {
			put("- ", i)
		}
		if len(items) == 0 {
			put(none)
		}
		put()
	}
	var events, hosts, limits []string
	for _, e := range s.Events {
		events = append(events, plain(e.Label)+" ("+code(e.Name)+")")
	}
	for _, h := range s.Hosts {
		hosts = append(hosts, code(h))
	}
	for _, l := range s.Limits {
		limits = append(limits, plain(l.Text()))
	}
	list("Events that it is told of", "None.", events)
	list("Hosts that data goes to", NoHosts, hosts)
	put("## Data that the developer keeps\n\n", plain(or(s.Data, NoStatement)), "\n")
	list("Limits", "None.", limits)
}

// What the sheet says where there is nothing to list.
const (
	NoHosts     = "The integration's package names none. What the application itself reads through the API goes to its developer."
	NoStatement = "The developer has not said so here; see the privacy statement."
)

func (s Sheet) when() string {
	switch {
	case !s.Ends.IsZero():
		return ", looked after until " + day(s.Ends)
	case !s.Released.IsZero():
		return ", released on " + day(s.Released)
	}
	return ", not released"
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func needed(b bool) string {
	if b {
		return "required"
	}
	return "optional"
}

// escapes keep a text from being read as markup.
var escapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`, "#", `\#`,
	"\r\n", " ", "\n", " ", "\r", " ", "\t", " ")

// plain is a text on one line, without markup.
func plain(text string) string { return escapes.Replace(strings.TrimSpace(text)) }

// code is a name that needs no escapes but those of a table.
func code(name string) string {
	return "`" + strings.NewReplacer("`", "", "|", `\|`, "\n", " ", "\r", " ").Replace(name) + "`"
}

// link shows an address of the web or of mail.
func link(to string) string {
	if to == "" || strings.ContainsAny(to, "<> \t\r\n|") {
		return plain(to)
	}
	return "<" + to + ">"
}
