package gallery

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/edge/page"
)

// Now is the moment the gallery pretends it is.
var Now = time.Date(2026, 5, 12, 14, 30, 0, 0, time.UTC)

// Pages are the gallery's addresses, each showing other components.
var Pages = []string{"/", "/overview", "/forms", "/consent", "/sign-in", "/secret", "/confirm", "/problem", "/begin"}

// Handler serves the gallery, the vendored files and the change of theme.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(page.AssetPath, page.Assets())
	mux.Handle("POST "+page.ThemePath, page.SetTheme())
	shelf := map[string]func(page.Frame) templ.Component{
		"/{$}": components, "/overview": overview, "/forms": forms, "/consent": consent, "/sign-in": signIn,
		"/secret": secrets, "/confirm": confirmation, "/problem": trouble, "/begin": begin,
	}
	for path, show := range shelf {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			f := frame(r)
			if err := page.Render(w, r, http.StatusOK, show(f)); err != nil {
				panic(err) // a template that fails is a broken test
			}
		})
	}
	return http.NewCrossOriginProtection().Handler(mux)
}

func frame(r *http.Request) page.Frame {
	return page.Frame{
		Title: "Grade Bridge", Theme: page.ThemeOf(r), Path: r.URL.Path, Token: "one-time-token",
		Areas: []page.Link{{Text: "Developer", URL: "/overview", Current: true}, {Text: "Account", URL: "/forms"}, {Text: "Operator", URL: "/"}},
		Sections: []page.Section{
			{Links: []page.Link{
				{Text: "Home", URL: "/begin", Icon: page.IconHome},
				{Text: "Applications", URL: "/overview", Icon: page.IconApplication, Current: true, Count: 4},
				{Text: "Usage and limits", URL: "/", Icon: page.IconGauge},
				{Text: "Webhooks", URL: "/", Icon: page.IconWebhook},
			}},
			{Title: "Group", Links: []page.Link{
				{Text: "Members", URL: "/", Icon: page.IconUsers},
				{Text: "Plan", URL: "/", Icon: page.IconLayers},
				{Text: "Audit log", URL: "/", Icon: page.IconScroll},
			}},
			{Title: "Learn", Links: []page.Link{
				{Text: "API reference", URL: "/", Icon: page.IconBook},
				{Text: "Quick start", URL: "/", Icon: page.IconRocket},
			}},
		},
		Switcher: &page.Switcher{Label: "Group", Choices: []page.Choice{
			{Text: "Northwind Labs", Detail: "Production", URL: "/overview", Current: true},
			{Text: "Northwind Sandbox", Detail: "Development", URL: "/overview"},
		}, More: []page.Link{{Text: "New group", URL: "/forms", Icon: page.IconPlus}}},
		Trail:  []page.Link{{Text: "Northwind Labs", URL: "/"}, {Text: "Applications", URL: "/"}, {Text: "Grade Bridge"}},
		Inbox:  &page.Inbox{Label: "Inbox", URL: "/", Unread: 3},
		Person: &page.Person{Name: "Ada Lindqvist", Email: "ada@northwind.example", Links: []page.Link{{Text: "Your profile", URL: "/forms", Icon: page.IconUser}, {Text: "Sign-in and security", URL: "/forms", Icon: page.IconShield}}, SignOut: "/sign-out"},
		Footer: []page.Link{{Text: "Help", URL: "/"}, {Text: "Terms", URL: "/"}},
	}
}

func usage() page.Chart {
	c := page.Chart{Title: "Calls", Text: "Last 24 hours, by outcome. Fresh within a minute.", Unit: "calls", Stack: true}
	good := page.Series{Name: "Allowed", Tone: page.ToneNeutral}
	refused := page.Series{Name: "Refused", Tone: page.ToneWarn}
	limited := page.Series{Name: "Limited", Tone: page.ToneBad}
	for i := range 48 {
		c.Times = append(c.Times, Now.Add(time.Duration(i-47)*30*time.Minute))
		day := int64((i*7)%13*9 + 40 + max(0, 14-abs(i-34))*22)
		good.Values = append(good.Values, day)
		refused.Values = append(refused.Values, int64((i*5)%7)*3)
		limited.Values = append(limited.Values, int64(max(0, 3-abs(i-35)))*24)
	}
	c.Series = []page.Series{good, refused, limited}
	return c
}

func trend() page.Chart {
	c := page.Chart{Title: "Installations", Text: "Sites with an active installation, per day.", Unit: "sites", Daily: true, Level: true}
	s := page.Series{Name: "Active", Tone: page.ToneInfo}
	for i := range 30 {
		c.Times = append(c.Times, time.Date(2026, 4, 13+i, 0, 0, 0, 0, time.UTC))
		s.Values = append(s.Values, int64(2+i/4+(i*3)%4))
	}
	c.Series = []page.Series{s}
	return c
}

func abs(n int) int {
	return max(n, -n)
}

func ago(d time.Duration) page.Moment {
	return page.Moment{At: Now.Add(-d), Now: Now}
}

func scopes() []page.PickGroup {
	return []page.PickGroup{
		{Title: "Courses", Picks: []page.Pick{
			{Value: "course.read", Label: "See courses and their settings", Code: "course:read", Text: "Names, dates and structure of every course in the account.", Badge: page.Badge{Text: "Low risk", Tone: page.ToneGood}, Locked: true},
			{Value: "gradebook.write", Label: "Change grades", Code: "gradebook:write", Text: "Enter, change and clear grades, also ones that teachers entered by hand.", Badge: page.Badge{Text: "High risk", Tone: page.ToneBad}, Checked: true},
		}},
		{Title: "People", Picks: []page.Pick{
			{Value: "user.read", Label: "See people", Code: "user:read", Text: "Names, e-mail addresses and roles of students and staff.", Badge: page.Badge{Text: "Personal data", Tone: page.ToneWarn}, Checked: true},
			{Value: "user.write", Label: "Create and change people", Code: "user:write", Text: "Your operator does not let applications ask for this yet.", Badge: page.Badge{Text: "High risk", Tone: page.ToneBad}, Barred: true},
		}},
	}
}

func installations() page.Table {
	row := func(name, site, version string, b page.Badge, calls int64, last time.Duration) page.Row {
		return page.Row{Cells: []templ.Component{
			page.Pair{Avatar: page.Avatar{Name: name, Square: true}, Main: page.Link{Text: name, URL: "/"}, Sub: page.Text(site)},
			b, page.Mono(version), page.Text(page.Count(calls)), ago(last),
			page.Button{Text: "Open", Small: true, URL: "/", Hidden: name},
		}}
	}
	return page.Table{
		Caption: "Installations",
		Columns: []page.Column{{Title: "Account"}, {Title: "State"}, {Title: "Version"}, {Title: "Calls, 24 h", Right: true}, {Title: "Last call", Right: true}, {Title: "Actions", Hidden: true, Right: true, Narrow: true}},
		Rows: []page.Row{
			row("Lakeside University", "lakeside.pennant.example", "1.4.0", page.Badge{Text: "Active", Tone: page.ToneGood, Dot: true}, 8412, 40*time.Second),
			row("Hillcrest College", "hillcrest.pennant.example", "1.4.0", page.Badge{Text: "Active", Tone: page.ToneGood, Dot: true}, 1207, 12*time.Minute),
			row("Møller & Søn Academy", "moller.pennant.example", "1.3.2", page.Badge{Text: "Needs consent", Tone: page.ToneWarn, Dot: true}, 90, 26*time.Hour),
			row("Eastbank Trial", "eastbank.pennant.example", "1.2.0", page.Badge{Text: "Disabled", Tone: page.ToneNeutral, Dot: true}, 0, 61*24*time.Hour),
		},
	}
}

func happenings() page.Timeline {
	return page.Timeline{Now: Now, Items: []page.Happening{
		{At: Now.Add(-4 * time.Minute), Who: "Ada Lindqvist", What: "rotated the key", Object: page.Mono("production-eu"), Detail: "The old secret works for 24 more hours.", Icon: page.IconRefresh, Tone: page.ToneInfo},
		{At: Now.Add(-3 * time.Hour), Who: "Lakeside University", What: "installed version", Object: page.Mono("1.4.0"), Icon: page.IconPlug, Tone: page.ToneGood},
		{At: Now.Add(-30 * time.Hour), Who: "Guestright", What: "refused calls from", Object: page.Link{Text: "Hillcrest College", URL: "/"}, Detail: "12 calls lacked the scope gradebook:write.", Icon: page.IconWarning, Tone: page.ToneWarn},
		{At: Now.Add(-9 * 24 * time.Hour), Who: "Ben Ortiz", What: "removed a member", Icon: page.IconUser},
	}}
}
