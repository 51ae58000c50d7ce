package console

import (
	"strconv"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/notice"
)

func (c *Console) inboxRoutes() []route {
	return []route{
		{"GET /inbox", c.page(inboxPage)},
		{"POST /inbox/read", c.page(readAll)},
		{"POST /inbox/{notice}", c.page(openNotice)},
	}
}

// inboxView is a part of a person's inbox.
type inboxView struct {
	Items  []inboxItem
	Unread int64
	Token  string
	Pager  page.Pager
}

type inboxItem struct {
	notice.Item
	Token string // of the form that opens it
}

func inboxPage(v *visit) error {
	before, err := ident.Parse[notice.Item](v.query("before"))
	if err != nil {
		before = notice.ID{} // from the newest
	}
	box, err := v.Notices.List(v.ctx(), v.by, notice.Query{Before: before, Limit: 30})
	if err != nil {
		return err
	}
	d := inboxView{Unread: box.Unread, Token: v.token("/inbox/read"), Pager: page.Pager{Label: "Inbox", Shown: strconv.Itoa(len(box.Items)) + " notices"}}
	for _, i := range box.Items {
		d.Items = append(d.Items, inboxItem{Item: i, Token: v.token("/inbox/" + i.ID.String())})
	}
	if !before.IsZero() {
		d.Pager.First = "/inbox"
	}
	if box.More {
		d.Pager.Next = "/inbox?before=" + box.Items[len(box.Items)-1].ID.String()
	}
	return v.show(sheet{title: "Inbox", trail: []page.Link{{Text: "Inbox"}}, body: inboxList(v, d)})
}

func readAll(v *visit) error {
	if err := v.Notices.ReadAll(v.ctx(), v.by); err != nil {
		return err
	}
	return v.leave("/inbox", "Everything is marked as read.")
}

// openNotice marks a notice as read and goes where it points to.
func openNotice(v *visit) error {
	id, err := ident.Parse[notice.Item](v.r.PathValue("notice"))
	if err != nil {
		return err
	}
	item, err := v.Notices.Read(v.ctx(), v.by, id)
	if err != nil {
		return err
	}
	if page.LocalPath(item.Link) == item.Link {
		return v.leave(item.Link, "")
	}
	return v.leave("/inbox", "Marked as read.")
}

// noticeTone is the colour of a notice.
func noticeTone(severity string) page.Tone {
	switch severity {
	case notice.Critical:
		return page.ToneBad
	case notice.Info, "":
		return page.ToneInfo
	}
	return page.ToneWarn
}
