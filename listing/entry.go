package listing

import (
	"strings"
	"time"
)

// Entry is an application as the directory shows it.
type Entry struct {
	Slug          string     `json:"slug"`
	Name          string     `json:"name"`
	ApplicationID string     `json:"application_id" doc:"The ID that administrators enter to install it"`
	Developer     string     `json:"developer" doc:"Name of the developer group"`
	Tagline       string     `json:"tagline"`
	Description   string     `json:"description"`
	Categories    []Category `json:"categories" nullable:"false"`
	Capabilities  []string   `json:"capabilities" nullable:"false" doc:"What its package can do; api: it works through the API"`
	Version       string     `json:"version"`
	Released      time.Time  `json:"released"`
	Published     time.Time  `json:"published" doc:"When it first stood in the directory"`
	Verified      bool       `json:"verified" doc:"The operator has reviewed it with all that it asks for"`
	Proven        bool       `json:"least_privilege" doc:"A run with the least role that it asks for has passed"`
	Tier          string     `json:"tier,omitempty" doc:"The developer's tier in the partner programme, where it brings a badge"`
	Accounts      int        `json:"accounts,omitempty" doc:"How many accounts use it; absent while they are few"`
	Links         Links      `json:"links"`
	Icon          string     `json:"icon,omitempty" doc:"Address of its picture"`
	Screenshots   []Shot     `json:"screenshots" nullable:"false"`
	Page          string     `json:"page" doc:"Address of its page in the directory"`
	Install       string     `json:"install" doc:"Address at which administrators install it"`
	Unlisted      bool       `json:"unlisted,omitempty" doc:"It is not found, and seen by those only who have the address"`

	Application string `json:"-"`
	VersionID   string `json:"-"`
	text        string // what is searched, in small letters
	name        string // in small letters
	first       bool   // its developer's tier puts it before others
}

// Shot is a screenshot as it is shown.
type Shot struct {
	URL    string `json:"url"`
	Alt    string `json:"alt"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// CapabilityAPI is what an application without a package can do.
const CapabilityAPI = "api"

// accountsLeast is from how many accounts on their number is shown: a smaller one
// would say who they are.
const accountsLeast = 5

// ready fills what is searched.
func (e Entry) ready() Entry {
	e.name = strings.ToLower(e.Name)
	parts := []string{e.name, strings.ToLower(e.Developer), strings.ToLower(e.Tagline), strings.ToLower(e.Description)}
	for _, c := range e.Categories {
		parts = append(parts, strings.ToLower(c.Label))
	}
	e.text = strings.Join(parts, "\n")
	return e
}

// score says how well an entry answers to words in small letters; 0: it does not.
func (e *Entry) score(words []string) int {
	total := 1
	for _, w := range words {
		switch {
		case strings.HasPrefix(e.name, w):
			total += 8
		case strings.Contains(e.name, w):
			total += 4
		case strings.Contains(e.text, w):
			total++
		default:
			return 0
		}
	}
	return total
}

// Absolute is the entry with whole addresses, for readers elsewhere.
func (e Entry) Absolute(origin string) Entry {
	e.Page, e.Install = origin+e.Page, origin+e.Install
	if e.Icon != "" {
		e.Icon = origin + e.Icon
	}
	shots := make([]Shot, len(e.Screenshots))
	for i, s := range e.Screenshots {
		s.URL = origin + s.URL
		shots[i] = s
	}
	e.Screenshots = shots
	return e
}
