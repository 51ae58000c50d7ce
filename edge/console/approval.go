package console

import (
	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

func (c *Console) approvalRoutes() []route {
	if c.Configurations == nil || c.Approvals == nil {
		return nil
	}
	const of = "/configurations/{configuration}/approvals"
	return []route{
		{"GET " + of, c.page(approvalsPage)},
		{"GET " + of + "/{approval}", c.page(approvalPage)},
		{"POST " + of + "/{approval}/withdraw", c.page(withdrawApproval)},
		{"POST " + of + "/{approval}/resend", c.page(resendApproval)},
	}
}

func (f configurationForm) approvalsPath() string { return f.path() + "/approvals" }

func (f configurationForm) approvalPath(id approval.ID) string {
	return f.approvalsPath() + "/" + id.String()
}

// approvalsMost is how many a page shows.
const approvalsMost = 50

// approvalsView is what a configuration decides about, or one of it.
type approvalsView struct {
	configurationForm
	All  []approval.Approval
	More bool // there are older ones
	One  approval.Approval
}

func approvalsPage(v *visit) error {
	f, err := v.configurationOf()
	if err != nil {
		return err
	}
	d := approvalsView{configurationForm: f}
	filter := approval.Filter{Configuration: f.At.ID.String(), Limit: approvalsMost + 1}
	if raw := v.r.URL.Query().Get("before"); raw != "" {
		if filter.Before, err = ident.Parse[approval.Approval](raw); err != nil {
			return problem.NotFound("page")
		}
	}
	if d.All, err = v.Approvals.List(v.ctx(), v.by, f.At.Account, filter); err != nil {
		return err
	}
	if d.More = len(d.All) > approvalsMost; d.More {
		d.All = d.All[:approvalsMost]
	}
	return d.place(v, sheet{title: "Approvals · " + f.At.Name, body: approvalList(v, d)}, page.Link{Text: "Approvals"})
}

// approvalOf loads the approval that the address names.
func (v *visit) approvalOf() (approvalsView, error) {
	f, err := v.configurationOf()
	d := approvalsView{configurationForm: f}
	if err != nil {
		return d, err
	}
	id, err := ident.Parse[approval.Approval](v.r.PathValue("approval"))
	if err != nil {
		return d, problem.NotFound("approval")
	}
	d.One, err = v.Approvals.Get(v.ctx(), v.by, id)
	if err == nil && d.One.Configuration != f.At.ID.String() {
		err = problem.NotFound("approval")
	}
	return d, err
}

// approvalPage asks the partner how the approval stands, as somebody looks.
func approvalPage(v *visit) error {
	d, err := v.approvalOf()
	if err != nil {
		return err
	}
	if d.One, err = v.Approvals.Check(v.ctx(), v.by, d.One.ID); err != nil {
		return err
	}
	return d.place(v, sheet{title: d.One.Title, body: approvalSheet(v, d)}, page.Link{Text: "Approvals", URL: d.approvalsPath()}, page.Link{Text: clipped(d.One.Title, 40)})
}

func withdrawApproval(v *visit) error {
	d, err := v.approvalOf()
	if err != nil {
		return err
	}
	if _, err := v.Approvals.Withdraw(v.ctx(), v.by, d.One.ID); err != nil {
		return err
	}
	return v.leave(d.approvalsPath(), "The request is withdrawn.")
}

func resendApproval(v *visit) error {
	d, err := v.approvalOf()
	if err != nil {
		return err
	}
	if _, err := v.Approvals.Resend(v.ctx(), v.by, d.One.ID); err != nil {
		return err
	}
	return v.leave(d.approvalPath(d.One.ID), "The request is sent again.")
}
