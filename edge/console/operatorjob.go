package console

import (
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

func (c *Console) operatorJobRoutes() []route {
	return []route{
		{"GET /operator/jobs", c.operator(operatorJobs)},
		{"POST /operator/jobs/{job}/retry", c.operator(retryJob)},
		{"GET /operator/jobs/{job}/discard", c.operator(discardJobPage)},
		{"POST /operator/jobs/{job}/discard", c.operator(discardJob)},
	}
}

// operatorJobsView is the background work that waits or has failed for good.
type operatorJobsView struct {
	State  job.State
	Kind   string
	Jobs   []job.Job
	Depths []job.Depth
	Token  func(action string) string
	Pager  page.Pager
}

const jobsMost = 50

func operatorJobs(v *visit) error {
	d := operatorJobsView{State: job.Exhausted, Kind: v.query("kind"), Token: v.token}
	if v.query("state") == string(job.Waiting) {
		d.State = job.Waiting
	}
	f := job.Filter{State: d.State, Kind: d.Kind, Limit: jobsMost + 1}
	if id, err := ident.Parse[job.Job](v.query("after")); err == nil {
		f.After = id
	}
	err := v.Audit.DB.Read(v.ctx(), func(tx *store.Tx) error {
		var err error
		if d.Depths, err = job.Depths(tx); err != nil {
			return err
		}
		d.Jobs, err = job.List(tx, f)
		return err
	})
	if err != nil {
		return err
	}
	base := "/operator/jobs?state=" + string(d.State)
	d.Pager = page.Pager{Label: "Jobs"}
	if !f.After.IsZero() {
		d.Pager.First = base
	}
	if len(d.Jobs) > jobsMost {
		d.Jobs = d.Jobs[:jobsMost]
		d.Pager.Next = base + "&after=" + d.Jobs[jobsMost-1].ID.String()
	}
	d.Pager.Shown = plural(len(d.Jobs), "job")
	return v.byOperator(sheet{title: "Jobs", trail: []page.Link{{Text: "Jobs"}}, body: operatorJobList(v, d)})
}

// onJob changes an exhausted job. Jobs belong to no slice that would authorise and record it, so this
// does both.
func onJob(v *visit, verb, words string, do func(*store.Tx, job.ID) error) error {
	id, err := ident.Parse[job.Job](v.r.PathValue("job"))
	if err != nil {
		return err
	}
	err = v.Audit.DB.Write(v.ctx(), func(tx *store.Tx) error {
		if err := v.by.May("platform:"+verb+"_job", access.Platform()); err != nil {
			return err
		}
		if err := do(tx, id); err != nil {
			return err
		}
		return v.Audit.Record(tx, v.by, audit.Change{Action: "job." + verb, Target: "job/" + id.String(), Name: v.field("kind")})
	})
	if err != nil {
		return err
	}
	return v.leave("/operator/jobs", words)
}

func retryJob(v *visit) error {
	return onJob(v, "retry", "The job begins anew, with all its attempts.", job.Retry)
}

// discardJobPage asks first: what the job was for never happens.
func discardJobPage(v *visit) error {
	id, err := ident.Parse[job.Job](v.r.PathValue("job"))
	if err != nil {
		return err
	}
	var j job.Job
	err = v.Audit.DB.Read(v.ctx(), func(tx *store.Tx) error {
		var err error
		j, err = job.Get(tx, id)
		return err
	})
	if err != nil {
		return err
	}
	path := "/operator/jobs/" + j.ID.String() + "/discard"
	return v.byOperator(sheet{title: "Discard " + j.Kind, current: "/operator/jobs", trail: []page.Link{{Text: "Jobs", URL: "/operator/jobs"}, {Text: "Discard"}}, body: jobDiscard(v, j, page.Confirm{
		Title: "Discard the job " + j.Kind + "?", Text: "This cannot be undone. If the cause is mended, retry it instead.",
		Consequences: []string{"What it was for will not happen."}, Action: path, Token: v.token(path), Button: "Discard the job", Cancel: "/operator/jobs"})})
}

func discardJob(v *visit) error {
	return onJob(v, "discard", "The job is gone. What it was for will not happen.", job.Discard)
}

// operatorMailView is a part of the letters that were written.
type operatorMailView struct {
	Letters []notice.Letter
	Kept    bool // some letters are only kept here, since there is no mail server
	Pager   page.Pager
}

const lettersMost = 25

func operatorMail(v *visit) error {
	var before notice.MailID
	if id, err := ident.Parse[notice.Letter](v.query("before")); err == nil {
		before = id
	}
	list, err := v.Notices.Outbox(v.ctx(), v.by, before, lettersMost+1)
	if err != nil {
		return err
	}
	d := operatorMailView{Pager: page.Pager{Label: "Letters"}}
	if !before.IsZero() {
		d.Pager.First = "/operator/mail"
	}
	if len(list) > lettersMost {
		list = list[:lettersMost]
		d.Pager.Next = "/operator/mail?before=" + list[lettersMost-1].ID.String()
	}
	d.Letters, d.Pager.Shown = list, plural(len(list), "letter")
	for _, l := range list {
		d.Kept = d.Kept || l.State == notice.Kept
	}
	return v.byOperator(sheet{title: "Outgoing mail", trail: []page.Link{{Text: "Outgoing mail"}}, body: operatorLetters(v, d)})
}

// letterLink is where a letter leads: its own link, or the first address of ours in its text. Addresses of
// others stay text, since whoever wrote them may mean harm.
func letterLink(l notice.Letter, origin string) string {
	if l.Link != "" {
		return l.Link
	}
	for _, word := range strings.Fields(l.Text) {
		if strings.HasPrefix(word, origin+"/") {
			return word
		}
	}
	return ""
}
