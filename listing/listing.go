package listing

import (
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/problem"
)

// Visibility says who can see an entry.
type Visibility string

// Who can see it.
const (
	Public   Visibility = "public"
	Unlisted Visibility = "unlisted"
	Private  Visibility = "private"
)

// Listing is what the directory says of an application, besides what its versions
// say of themselves.
type Listing struct {
	Application   string     `json:"application"`
	Slug          string     `json:"slug" doc:"Its name in addresses of the directory"`
	Visibility    Visibility `json:"visibility" enum:"public,unlisted,private" doc:"public: everybody finds it; unlisted: whoever has the address sees it; private: nobody but its developers does"`
	Categories    []string   `json:"categories" nullable:"false"`
	Links         Links      `json:"links"`
	Documentation string     `json:"documentation,omitempty" doc:"Markdown"`
	Pictures      []Picture  `json:"pictures" nullable:"false"`
	TakenDown     time.Time  `json:"taken_down,omitzero" doc:"When the operator took it down"`
	Reason        string     `json:"reason,omitempty" doc:"Why"`
	Published     time.Time  `json:"published,omitzero" doc:"When people could first find it"`
	Created       time.Time  `json:"created,omitzero"`
	Updated       time.Time  `json:"updated,omitzero"`
	Revision      int64      `json:"revision"`
}

// Links are addresses for customers.
type Links struct {
	Website       string `json:"website,omitempty" maxLength:"300"`
	Support       string `json:"support,omitempty" maxLength:"300" doc:"A page, or a mail address"`
	Privacy       string `json:"privacy,omitempty" maxLength:"300" doc:"The privacy statement"`
	Documentation string `json:"documentation,omitempty" maxLength:"300" doc:"Documentation elsewhere"`
}

// Edit changes the parts that are there.
type Edit struct {
	Slug          *string   `json:"slug,omitempty" maxLength:"100"`
	Categories    *[]string `json:"categories,omitempty" maxItems:"20"`
	Links         *Links    `json:"links,omitempty"`
	Documentation *string   `json:"documentation,omitempty" maxLength:"100000" doc:"Markdown, at most 20,000 characters"`
}

// Limits of a listing.
const (
	DocumentationMost = 20_000
	CategoriesMost    = 3
	slugMost          = 60
	linkMost          = 300
)

// Category is one of the operator's.
type Category struct {
	Key   string `json:"key"`
	Label string `json:"label"`
}

// Categories makes categories of the names that the operator configured.
func Categories(labels []string) []Category {
	out := make([]Category, 0, len(labels))
	for _, l := range labels {
		out = append(out, Category{Key: SlugOf(l), Label: strings.TrimSpace(l)})
	}
	return out
}

// Usual are the categories unless the operator configures others.
func Usual() []string {
	return []string{"Analytics", "Automation", "Collaboration", "Data and storage", "Developer tools", "Monitoring", "People and access", "Reporting", "Security", "Other"}
}

// slugForm: small letters and digits, with single hyphens between.
var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// reserved are names that addresses of the directory need themselves.
var reserved = []string{"categories", "embed", "fragment", "new", "sitemap"}

// SlugOf makes a name for addresses of a name for people.
func SlugOf(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	s := strings.Join(words, "-")
	s = strings.Trim(s[:min(len(s), slugMost)], "-")
	if s == "" || slices.Contains(reserved, s) {
		return "integration"
	}
	return s
}

func (e Edit) on(l Listing) Listing {
	if e.Slug != nil {
		l.Slug = strings.TrimSpace(*e.Slug)
	}
	if e.Categories != nil {
		l.Categories = slices.Clone(*e.Categories)
	}
	if e.Links != nil {
		l.Links = *e.Links
	}
	if e.Documentation != nil {
		l.Documentation = strings.ReplaceAll(*e.Documentation, "\r\n", "\n")
	}
	return l
}

// Check returns the findings; known are the operator's categories.
func (l Listing) Check(known []Category) []problem.Field {
	var f []problem.Field
	add := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
	}
	switch {
	case !slugForm.MatchString(l.Slug) || len(l.Slug) > slugMost:
		add("/slug", "slug_invalid", "Small letters and digits, with single hyphens between them; at most 60 characters.")
	case slices.Contains(reserved, l.Slug):
		add("/slug", "slug_reserved", "The directory needs this name itself. Choose another.")
	}
	if len(l.Categories) > CategoriesMost {
		add("/categories", "too_many", "At most 3 categories.")
	}
	for i, c := range l.Categories {
		at := "/categories/" + strconv.Itoa(i)
		switch {
		case !slices.ContainsFunc(known, func(k Category) bool { return k.Key == c }):
			add(at, "category_unknown", "There is no such category.")
		case slices.Contains(l.Categories[:i], c):
			add(at, "category_twice", "This category is there twice.")
		}
	}
	for _, a := range []struct {
		at, to string
		mail   bool
	}{{"/links/website", l.Links.Website, false}, {"/links/support", l.Links.Support, true}, {"/links/privacy", l.Links.Privacy, false}, {"/links/documentation", l.Links.Documentation, false}} {
		if a.to == "" || webAddress(a.to) || a.mail && MailAddress(a.to) {
			continue
		}
		if a.mail {
			add(a.at, "url_invalid", "Use an address that starts with https://, or a mail address.")
			continue
		}
		add(a.at, "url_invalid", "Use an address that starts with https://, of at most 300 characters.")
	}
	switch n := utf8.RuneCountInString(l.Documentation); {
	case n > DocumentationMost:
		add("/documentation", "too_long", "At most 20,000 characters.")
	case !utf8.ValidString(l.Documentation):
		add("/documentation", "not_text", "This is not valid text.")
	}
	return f
}

func webAddress(to string) bool {
	rest, https := strings.CutPrefix(to, "https://")
	return https && rest != "" && rest[0] != '/' && len(to) <= linkMost && !strings.ContainsAny(to, " \t\r\n\"<>\\`")
}

// MailAddress reports whether a link is a bare mail address.
func MailAddress(to string) bool {
	a, err := mail.ParseAddress(to)
	return err == nil && a.Address == to && len(to) <= 254
}

// show sets who can see it.
func (l *Listing) show(now time.Time, to Visibility, missing []Missing) error {
	switch to {
	case Private:
	case Public, Unlisted:
		if len(missing) > 0 {
			return problem.Conflict("listing_not_ready", "Something is missing before others can see it. "+missing[0].Text).With("missing", missing)
		}
		if l.Published.IsZero() {
			l.Published = now
		}
	default:
		return problem.Invalid("listing_invalid", "Some of the fields need another look.", problem.Field{Pointer: "/visibility", Code: "unknown", Detail: "public, unlisted or private."})
	}
	l.Visibility = to
	return nil
}

// takeDown is the operator's: nobody but its developers sees the entry any more.
func (l *Listing) takeDown(now time.Time, reason string) error {
	if n := utf8.RuneCountInString(reason); strings.TrimSpace(reason) == "" || n > 500 {
		return problem.Invalid("reason_required", "Say why, in at most 500 characters: the developers are told.",
			problem.Field{Pointer: "/reason", Code: "required", Detail: "Give a reason."})
	}
	if !l.TakenDown.IsZero() {
		return problem.Conflict("listing_taken_down", "The listing has been taken down already.")
	}
	l.TakenDown, l.Reason = now, reason
	return nil
}

func (l *Listing) reinstate() error {
	if l.TakenDown.IsZero() {
		return problem.Conflict("listing_not_taken_down", "The listing has not been taken down.")
	}
	l.TakenDown, l.Reason = time.Time{}, ""
	return nil
}

// Missing is what keeps a listing from being seen.
type Missing struct {
	Code string `json:"code" example:"no_version"`
	Text string `json:"text"`
}
