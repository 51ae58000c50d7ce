package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/admission"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

func (c *Console) admissionRoutes() []route {
	if c.Admission == nil {
		return nil
	}
	const at, one = "/accounts/{account}", "/installation-requests/{request}"
	return []route{
		{"GET " + at + "/admission", c.page(admissionPage)},
		{"POST " + at + "/admission", c.page(setAdmission)},
		{"POST " + at + "/admission/list", c.page(listHere)},
		{"POST " + at + "/admission/unlist", c.page(unlistHere)},
		{"GET " + at + "/requests", c.page(requestsPage)},
		{"GET " + at + "/ask", c.page(askPage)},
		{"POST " + at + "/ask", c.page(askFor)},
		{"GET " + one, c.page(requestPage)},
		{"POST " + one + "/approve", c.page(approveRequest)},
		{"POST " + one + "/deny", c.page(denyRequest)},
		{"POST " + one + "/withdraw", c.page(withdrawRequest)},
	}
}

func admissionPath(acc string) string { return accountPath(acc) + "/admission" }

func requestsPath(acc string) string { return accountPath(acc) + "/requests" }

func requestPath(id string) string { return "/installation-requests/" + id }

func askURL(acc, publicID string) string {
	return accountPath(acc) + "/ask?application_id=" + url.QueryEscape(publicID)
}

// mayAsk reports whether the person may ask for applications in an account.
func (v *visit) mayAsk(acc string) bool {
	return v.Admission != nil && v.may("installation_request:create", access.On("account", acc, "member", v.by.User))
}

// admissionView is what an account lets in.
type admissionView struct {
	Account account.Account
	admission.Standing
	Manages bool
	Typed   admissionTyped
	Faults  faults
	Token   func(action string) string
}

// admissionTyped is what was typed into the form of the lists.
type admissionTyped struct{ ID, List, Reason string }

func admissionPage(v *visit) error {
	return v.showAdmission(admissionTyped{List: string(admission.Blocked)}, faults{})
}

func (v *visit) showAdmission(typed admissionTyped, f faults) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	d := admissionView{Account: a, Typed: typed, Faults: f, Manages: v.may("admission:update", account.Resource(a.ID.String()))}
	if d.Standing, err = v.Admission.Get(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	d.Token = func(action string) string { return v.token(admissionPath(a.ID.String()) + action) }
	return v.inAccount(a, sheet{title: "What may be installed", status: f.status(), trail: []page.Link{{Text: "What may be installed"}}, body: admissionHome(v, d)})
}

// admitting changes what an account lets in and shows the page again when it can't be done.
func (v *visit) admitting(typed admissionTyped, done string, do func(account.ID) error) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	if err = do(a.ID); err == nil {
		return v.leave(admissionPath(a.ID.String()), done)
	}
	if f, ok := faultsOf(err, "/mode", "/children", "/application_id", "/list", "/reason"); ok {
		return v.showAdmission(typed, f)
	}
	return err
}

func setAdmission(v *visit) error {
	return v.admitting(admissionTyped{}, "The rules hold from now on. What is installed stays.", func(acc account.ID) error {
		r := admission.Rules{Mode: admission.Mode(v.field("mode")), Children: admission.Mode(v.field("children"))}
		if r.Children == "" {
			r.Children = admission.Open
		}
		_, err := v.Admission.Set(v.ctx(), v.by, acc, r, whole(v.field("revision")))
		return err
	})
}

func listHere(v *visit) error {
	t := admissionTyped{ID: strings.ToLower(v.field("application_id")), List: v.field("list"), Reason: v.field("reason")}
	done := "It is allowed."
	if t.List == string(admission.Blocked) {
		done = "It is blocked. Where it is installed it is stopped; nothing was uninstalled. Its page has the button that removes it."
	}
	return v.admitting(t, done, func(acc account.ID) error {
		_, err := v.Admission.List(v.ctx(), v.by, acc, t.ID, admission.Place{List: admission.List(t.List), Reason: t.Reason})
		if problem.CodeOf(err) == "not_found" {
			const words = "There is no application with this ID. Compare it with what your vendor sent."
			return problem.Invalid("admission_invalid", words, problem.Field{Pointer: "/application_id", Code: "unknown", Detail: words})
		}
		return err
	})
}

func unlistHere(v *visit) error {
	return v.admitting(admissionTyped{}, "It is off the list.", func(acc account.ID) error {
		_, err := v.Admission.Unlist(v.ctx(), v.by, acc, v.field("application_id"))
		return err
	})
}

// wishesView is what was asked for in an account and below it.
type wishesView struct {
	Account account.Account
	Waiting []admission.Listed
	Rest    []admission.Listed
	Decides bool
}

func requestsPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	all, err := v.Admission.Queue(v.ctx(), v.by, a.ID, "")
	if err != nil {
		return err
	}
	d := wishesView{Account: a, Decides: v.may("installation_request:answer", account.Resource(a.ID.String()))}
	for _, r := range all {
		if r.State == admission.Waiting {
			d.Waiting = append(d.Waiting, r)
		} else {
			d.Rest = append(d.Rest, r)
		}
	}
	return v.inAccount(a, sheet{title: "Requests", trail: []page.Link{{Text: "Requests"}}, body: wishList(v, d)})
}

// askView is the form of somebody who asks for an application.
type askView struct {
	installView
	Look   admission.Look
	Reason string
}

func askPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	id := strings.ToLower(v.query("application_id"))
	if id == "" {
		return v.inAccount(a, installSheet(enterPage(a, "", ""), http.StatusOK))
	}
	l, err := v.Admission.Look(v.ctx(), v.by, a.ID, id)
	if err != nil {
		return installRefused(v, a, id, err)
	}
	d := askView{installView: installView{Account: a, Offer: l.Offer}, Look: l}
	d.Chosen = d.proposal(v)
	return v.showAsk(d)
}

func (v *visit) showAsk(d askView) error {
	a, id := d.Account, d.Offer.Application.PublicID
	switch {
	case d.Look.Install:
		return v.leave(installURL(a.ID.String(), id), "")
	case d.Look.Asked != "":
		return v.leave(requestPath(d.Look.Asked), "You have asked for it already. Nobody has answered yet.")
	case d.Offer.Installed != "":
		return v.leave(installationPath(d.Offer.Installed), "It is installed already. Here it is.")
	case d.Look.Verdict.Outcome == admission.IsBlocked || d.Look.Verdict.Outcome == admission.NotAllowed:
		return installRefused(v, a, id, d.Look.Verdict.Err())
	}
	d.fill(v)
	d.Token = v.token(accountPath(a.ID.String()) + "/ask")
	return v.inAccount(a, sheet{title: "Ask for " + d.Offer.Application.Name, current: accountPath(a.ID.String()) + "/install", status: d.Faults.status(),
		trail: []page.Link{{Text: "Ask for " + d.Offer.Application.Name}}, body: askForm(d)})
}

func askFor(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	id := v.field("application_id")
	w := admission.Wish{ApplicationID: id, Scopes: v.r.PostForm["scope"], Reason: v.field("reason")}
	if w.Scopes == nil {
		w.Scopes = []string{}
	}
	r, err := v.Admission.Ask(v.ctx(), v.by, a.ID, w)
	if err == nil {
		return v.leave(requestPath(r.ID.String()), "You have asked. You hear of the answer here and by mail.")
	}
	f, ok := faultsOf(err, "/scopes", "/reason")
	if !ok {
		return installRefused(v, a, id, err)
	}
	d := askView{installView: installView{Account: a, Chosen: installChosen{Scopes: w.Scopes}, Faults: f}, Reason: w.Reason}
	if d.Look, err = v.Admission.Look(v.ctx(), v.by, a.ID, id); err != nil {
		return installRefused(v, a, id, err)
	}
	d.Offer = d.Look.Offer
	return v.showAsk(d)
}

// requestView is one request, for whoever asked and for those who decide.
type requestView struct {
	admission.Detail
	Typed  requestTyped
	Faults faults
	Token  func(action string) string
	Back   string // to the list of requests that the person knows
}

// requestTyped is what was typed by whoever decides.
type requestTyped struct{ Answer, Reason string }

func (v *visit) requestOf() (admission.Detail, error) {
	id, err := ident.Parse[admission.Request](v.r.PathValue("request"))
	if err != nil {
		return admission.Detail{}, err
	}
	return v.Admission.Request(v.ctx(), v.by, id)
}

func requestPage(v *visit) error {
	r, err := v.requestOf()
	if err != nil {
		return err
	}
	return v.showRequest(requestView{Detail: r})
}

func (v *visit) showRequest(d requestView) error {
	at := d.Request.Account
	if !v.by.CanSee(account.Resource(at)) {
		at = d.Verdict.Account // an administrator of the parent
	}
	d.Back = requestsPath(at)
	d.Token = func(action string) string { return v.token(requestPath(d.ID.String()) + action) }
	return v.show(sheet{title: d.ApplicationName + " for " + d.AccountName, area: areaAccount, account: at, current: d.Back, status: d.Faults.status(),
		trail: []page.Link{{Text: "Requests", URL: d.Back}, {Text: d.ApplicationName}}, body: requestDetail(v, d)})
}

// answering does something to a request and shows it again when it can't be done.
func (v *visit) answering(d requestView, done string, do func(admission.ID) (admission.Request, error)) error {
	r, err := v.requestOf()
	if err != nil {
		return err
	}
	got, err := do(r.ID)
	if err == nil {
		if got.Installation != "" && v.by.CanSee(account.Resource(got.Account)) {
			return v.leave(installationPath(got.Installation), done)
		}
		return v.leave(requestPath(r.ID.String()), done)
	}
	p := problem.Of(err)
	f, ok := faultsOf(err, "/reason")
	if p.Kind == problem.KindForbidden && p.Code != "forbidden" {
		f, ok = faults{text: p.Detail}, true
	}
	if !ok {
		return err
	}
	d.Detail, d.Faults = r, f
	return v.showRequest(d)
}

func approveRequest(v *visit) error {
	words := v.field("answer")
	return v.answering(requestView{Typed: requestTyped{Answer: words}}, "Approved and installed. Whoever asked is told.", func(id admission.ID) (admission.Request, error) {
		return v.Admission.ApproveVersion(v.ctx(), v.by, id, v.field("version"), words)
	})
}

func denyRequest(v *visit) error {
	reason := v.field("reason")
	return v.answering(requestView{Typed: requestTyped{Reason: reason}}, "Denied. Whoever asked is told why.", func(id admission.ID) (admission.Request, error) {
		return v.Admission.Deny(v.ctx(), v.by, id, reason)
	})
}

func withdrawRequest(v *visit) error {
	return v.answering(requestView{}, "The request is taken back.", func(id admission.ID) (admission.Request, error) {
		return v.Admission.Withdraw(v.ctx(), v.by, id)
	})
}
