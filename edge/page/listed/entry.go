package listed

import (
	"strconv"
	"strings"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/sheet"
)

// Badges are what has been found out about an entry.
func Badges(e listing.Entry) page.Group {
	var out page.Group
	if e.Tier != "" {
		out = append(out, page.Badge{Text: e.Tier, Tone: page.ToneInfo})
	}
	if e.Verified {
		out = append(out, page.Badge{Text: "Verified", Tone: page.ToneGood, Icon: page.IconShieldCheck})
	}
	if e.Proven {
		out = append(out, page.Badge{Text: "Least privilege proven", Tone: page.ToneGood, Icon: page.IconCheck})
	}
	if e.Accounts > 0 {
		out = append(out, page.Badge{Text: "Used by " + strconv.Itoa(e.Accounts) + " accounts", Icon: page.IconUsers})
	}
	return out
}

// href is a link of a listing: an address of the web, or of mail.
func href(to string) string {
	if listing.MailAddress(to) {
		return "mailto:" + to
	}
	return to
}

// host is what a link shows.
func host(to string) string {
	rest := strings.TrimPrefix(to, "https://")
	if at := strings.IndexByte(rest, '/'); at > 0 {
		return rest[:at]
	}
	return rest
}

func labels(all []listing.Category) string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.Label
	}
	return strings.Join(names, ", ")
}

func words(capabilities []string) string {
	names := make([]string, len(capabilities))
	for i, c := range capabilities {
		names[i] = listing.CapabilityWord(c)
	}
	return strings.Join(names, ", ")
}

// facts are what there is to know about an entry.
func facts(e listing.Entry) page.Facts {
	out := page.Facts{{Name: "Developer", Value: page.Text(e.Developer)}, {Name: "Version", Value: page.Text(e.Version)}}
	if !e.Released.IsZero() {
		out[1].Value = page.Text(e.Version + ", " + e.Released.Format("2 January 2006"))
	}
	if len(e.Categories) > 0 {
		out = append(out, page.Fact{Name: "Categories", Value: page.Text(labels(e.Categories))})
	}
	out = append(out, page.Fact{Name: "What it can do", Value: page.Text(words(e.Capabilities))})
	for _, l := range []struct{ name, to string }{{"Website", e.Links.Website}, {"Support", e.Links.Support}, {"Privacy", e.Links.Privacy}, {"Documentation", e.Links.Documentation}} {
		if l.to != "" {
			out = append(out, page.Fact{Name: l.name, Value: outside(l.to)})
		}
	}
	return append(out, page.Fact{Name: "Application ID", Value: page.Mono(e.ApplicationID)})
}

// about are the facts at the top of a sheet.
func about(s sheet.Sheet) page.Facts {
	out := page.Facts{{Name: "Application ID", Value: page.Mono(s.ApplicationID)}, {Name: "Developer", Value: page.Text(s.Developer)},
		{Name: "Works with", Value: page.Text(s.Product)}, {Name: "Version", Value: page.Text(s.Version + stage(s))},
		{Name: "Reviewed by the operator", Value: page.Text(yes(s.Verified))}, {Name: "Integration user", Hint: "preferred name", Value: page.Text(s.UserName)},
		{Name: "Role", Hint: "preferred name", Value: page.Text(s.RoleName)}}
	for _, l := range []struct{ name, to string }{{"Support", s.Links.Support}, {"Privacy statement", s.Links.Privacy}, {"Security reports", s.Links.Security}, {"Website", s.Links.Website}} {
		if l.to != "" {
			out = append(out, page.Fact{Name: l.name, Value: outside(l.to)})
		}
	}
	return out
}

func stage(s sheet.Sheet) string {
	switch {
	case !s.Ends.IsZero():
		return ", looked after until " + s.Ends.Format("2 January 2006")
	case !s.Released.IsZero():
		return ", released on " + s.Released.Format("2 January 2006")
	}
	return ", not released"
}

func yes(b bool) string {
	if b {
		return "Yes, with all that it asks for"
	}
	return "No"
}

func needed(b bool) page.Badge {
	if b {
		return page.Badge{Text: "Required"}
	}
	return page.Badge{Text: "Optional", Tone: page.ToneInfo}
}

// scopes are the permissions of a sheet as a table.
func scopes(s sheet.Sheet) page.Table {
	t := page.Table{Caption: "Permissions", Columns: []page.Column{{Title: "Permission"}, {Title: "Why"}, {Title: "Risk", Narrow: true}, {Title: "Needed", Narrow: true}},
		Empty: page.Text("It asks for no permissions.")}
	for _, sc := range s.Scopes {
		t.Rows = append(t.Rows, page.Row{Cells: []component{page.Pair{Main: page.Text(sc.Label), Sub: page.Mono(sc.Name)}, page.Text(sc.Purpose), page.Text(sc.Risk), needed(sc.Required)}})
	}
	return t
}

// privileges are the lines of the product's role editor as a table.
func privileges(s sheet.Sheet) page.Table {
	t := page.Table{Caption: "Privileges", Columns: []page.Column{{Title: "Privilege"}, {Title: "Where administrators find it"}, {Title: "Entitlements"}, {Title: "Needed", Narrow: true}},
		Empty: page.Text("It needs none.")}
	for _, p := range s.Privileges {
		var names page.Group
		for _, e := range p.Entitlements {
			names = append(names, page.Mono(e))
		}
		t.Rows = append(t.Rows, page.Row{Cells: []component{page.Text(p.Label), page.Text(or(p.Screen, "–")), names, needed(p.Required)}})
	}
	return t
}

func or(first, second string) string {
	if first == "" {
		return second
	}
	return first
}
