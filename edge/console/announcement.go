package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/announcement"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
)

func (c *Console) announcementRoutes() []route {
	if c.Announcements == nil {
		return nil
	}
	return []route{
		{"GET /announcements", c.page(announcementsPage)},
		{"GET /announcements.atom", c.open(announcementsAtom)},
		{"GET /operator/announcements", c.operator(operatorAnnouncements)},
		{"POST /operator/announcements", c.operator(publishAnnouncement)},
		{"GET /operator/announcements/{announcement}", c.operator(operatorAnnouncement)},
		{"POST /operator/announcements/{announcement}", c.operator(editAnnouncement)},
		{"POST /operator/announcements/{announcement}/withdraw", c.operator(withdrawAnnouncement)},
	}
}

func announcementsPage(v *visit) error {
	all, err := v.Announcements.Visible(v.ctx(), v.by)
	if err != nil {
		return err
	}
	return v.show(sheet{title: "Announcements", trail: []page.Link{{Text: "Announcements"}}, body: announcementList(v, all)})
}

// announcementsAtom is the feed: what is for all, and for somebody who is signed in also what is for them.
func announcementsAtom(v *visit) error {
	all, err := v.Announcements.Visible(v.ctx(), v.by)
	if err != nil {
		return err
	}
	raw, err := announcement.Atom(announcement.Feed{Name: v.brand(), URL: v.Origin + "/announcements.atom", Page: v.Origin + "/announcements"}, all, v.now)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/atom+xml; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, max-age=300")
	h.Set("Vary", "Cookie")
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write(raw) // the reader may have gone away
	return nil
}

// announcementsView is what operators have told, and the form for more.
type announcementsView struct {
	All     []announcement.Announcement
	One     announcement.Announcement // that is changed; the zero one: a new one
	Entered announcementEntered
	Faults  faults
	Token   string
	Take    string // token of withdrawing
}

// announcementEntered is what was typed, as it was.
type announcementEntered struct {
	Title, Text, Link, Groups, Plans, Tiers, Uses, Starts, Ends string
	All, Administrators                                         bool
}

func (d announcementsView) path() string {
	if d.One.ID.IsZero() {
		return "/operator/announcements"
	}
	return "/operator/announcements/" + d.One.ID.String()
}

// listOf reads names with commas or line ends between.
func listOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' })
}

func announced(v *visit) announcementEntered {
	return announcementEntered{Title: v.field("title"), Text: v.field("text"), Link: v.field("link"), Groups: v.field("groups"), Plans: v.field("plans"), Tiers: v.field("tiers"),
		Uses: v.field("uses"), Starts: v.field("starts"), Ends: v.field("ends"), All: v.field("all") != "", Administrators: v.field("administrators") != ""}
}

// draft reads what was typed; the begin is the first moment of its day, the end the last.
func (e announcementEntered) draft() (announcement.Draft, faults) {
	d := announcement.Draft{Title: e.Title, Text: e.Text, Link: e.Link, Audience: announcement.Audience{All: e.All, Administrators: e.Administrators,
		Groups: listOf(e.Groups), Plans: listOf(e.Plans), Tiers: listOf(e.Tiers), Uses: listOf(e.Uses)}}
	var f faults
	var err error
	if e.Starts != "" {
		if d.Starts, err = time.Parse(day, e.Starts); err != nil {
			f = faults{text: "The begin can't be read.", fields: fieldFault("/starts", "Give a date such as 2026-12-31.")}
		}
	}
	until, ok := end(e.Ends)
	if !ok {
		f.text, f.fields = "The end can't be read.", append(f.fields, fieldFault("/ends", "Give a date such as 2026-12-31.")...)
	}
	d.Ends = until
	return d, f
}

func operatorAnnouncements(v *visit) error { return v.showAnnouncements(announcementsView{}) }

func (v *visit) showAnnouncements(d announcementsView) error {
	var err error
	if d.All, err = v.Announcements.Everything(v.ctx(), v.by); err != nil {
		return err
	}
	d.Token, d.Take = v.token(d.path()), v.token(d.path()+"/withdraw")
	s := sheet{title: "Announcements", current: "/operator/announcements", status: d.Faults.status(), trail: []page.Link{{Text: "Announcements"}}, body: announcementDesk(v, d)}
	if !d.One.ID.IsZero() {
		s.title, s.trail = d.One.Title, []page.Link{{Text: "Announcements", URL: "/operator/announcements"}, {Text: d.One.Title}}
	}
	return v.byOperator(s)
}

var announcementFields = []string{"/title", "/text", "/link", "/audience", "/starts", "/ends"}

func publishAnnouncement(v *visit) error {
	d := announcementsView{Entered: announced(v)}
	draft, f := d.Entered.draft()
	if !f.any() {
		_, err := v.Announcements.Publish(v.ctx(), v.by, draft)
		if err == nil {
			return v.leave("/operator/announcements", "Announced.")
		}
		var ok bool
		if f, ok = faultsOf(err, announcementFields...); !ok {
			return err
		}
	}
	d.Faults = f
	return v.showAnnouncements(d)
}

// announcementAt finds the one that the address names.
func (v *visit) announcementAt() (announcement.Announcement, error) {
	id, err := ident.Parse[announcement.Announcement](v.r.PathValue("announcement"))
	if err != nil {
		return announcement.Announcement{}, err
	}
	all, err := v.Announcements.Everything(v.ctx(), v.by)
	if err != nil {
		return announcement.Announcement{}, err
	}
	i := slices.IndexFunc(all, func(a announcement.Announcement) bool { return a.ID == id })
	if i < 0 {
		return announcement.Announcement{}, absent(v)
	}
	return all[i], nil
}

func operatorAnnouncement(v *visit) error {
	a, err := v.announcementAt()
	if err != nil {
		return err
	}
	t := a.Audience
	e := announcementEntered{Title: a.Title, Text: a.Text, Link: a.Link, All: t.All, Administrators: t.Administrators, Starts: a.Starts.Format(day),
		Groups: strings.Join(t.Groups, "\n"), Plans: strings.Join(t.Plans, ", "), Tiers: strings.Join(t.Tiers, ", "), Uses: strings.Join(t.Uses, ", ")}
	if !a.Ends.IsZero() {
		e.Ends = a.Ends.Add(-time.Second).Format(day)
	}
	return v.showAnnouncements(announcementsView{One: a, Entered: e})
}

func editAnnouncement(v *visit) error {
	a, err := v.announcementAt()
	if err != nil {
		return err
	}
	d := announcementsView{One: a, Entered: announced(v)}
	draft, f := d.Entered.draft()
	if draft.Starts.Format(day) == a.Starts.Format(day) {
		draft.Starts = a.Starts
	}
	if !f.any() {
		_, err := v.Announcements.Edit(v.ctx(), v.by, a.ID, draft, whole(v.field("revision")))
		if err == nil {
			return v.leave("/operator/announcements", "Changed. Nobody is told twice.")
		}
		var ok bool
		if f, ok = faultsOf(err, announcementFields...); !ok {
			return err
		}
	}
	d.Faults = f
	return v.showAnnouncements(d)
}

func withdrawAnnouncement(v *visit) error {
	a, err := v.announcementAt()
	if err != nil {
		return err
	}
	if _, err := v.Announcements.Withdraw(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	return v.leave("/operator/announcements", "Withdrawn. Nobody sees it any more.")
}

// audienceWords says in words whom an announcement is for.
func audienceWords(a announcement.Audience) string {
	var out []string
	if a.All {
		out = append(out, "Everybody")
	}
	if a.Administrators {
		out = append(out, "Administrators of accounts")
	}
	for _, one := range []struct {
		word string
		list []string
	}{{"plan ", a.Plans}, {"tier ", a.Tiers}, {"who uses ", a.Uses}} {
		if len(one.list) > 0 {
			out = append(out, one.word+strings.Join(one.list, ", "))
		}
	}
	if n := len(a.Groups); n > 0 {
		out = append(out, strconv.Itoa(n)+" named")
	}
	return strings.Join(out, "; ")
}
