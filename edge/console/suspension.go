package console

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/suspension"
)

func (c *Console) suspensionRoutes() []route {
	if c.Suspensions == nil {
		return nil
	}
	const at = "/operator/suspensions/{suspension}"
	return []route{
		{"GET /operator/suspensions", c.operator(operatorSuspensions)},
		{"GET /operator/suspend", c.operator(suspendPage)},
		{"POST /operator/suspend", c.operator(suspend)},
		{"GET " + at, c.operator(operatorSuspension)},
		{"POST " + at + "/thaw", c.operator(thawSuspension)},
		{"POST " + at + "/lift", c.operator(liftSuspension)},
		{"POST " + at + "/date", c.operator(dateSuspension)},
		{"POST " + at + "/messages", c.operator(answerSuspension)},
		{"GET /suspended", c.page(suspendedPage)},
		{"GET /suspensions/{suspension}", c.page(suspensionPage)},
		{"POST /suspensions/{suspension}/messages", c.page(answerSuspension)},
	}
}

const suspensionsMost = 50

// suspensionsView is what was stopped, the newest first.
type suspensionsView struct {
	All  []suspension.Suspension
	More string
}

func operatorSuspensions(v *visit) error {
	q := suspension.Query{Limit: suspensionsMost + 1}
	if at := v.query("before"); at != "" {
		id, err := ident.Parse[suspension.Suspension](at)
		if err != nil {
			return err
		}
		q.Before = id
	}
	d := suspensionsView{}
	var err error
	if d.All, err = v.Suspensions.List(v.ctx(), v.by, q); err != nil {
		return err
	}
	if len(d.All) > suspensionsMost {
		d.All = d.All[:suspensionsMost]
		d.More = "/operator/suspensions?before=" + d.All[suspensionsMost-1].ID.String()
	}
	return v.byOperator(sheet{title: "Suspensions", trail: []page.Link{{Text: "Suspensions"}}, body: suspensionList(v, d)})
}

// suspendView is the form that stops something.
type suspendView struct {
	Order   suspension.Order
	Ends    string
	Preview suspension.Preview
	Token   string
	Faults  faults
}

// Back is where what would be stopped is shown.
func (d suspendView) Back() string { return targetPath(d.Order.Target) }

func targetPath(t suspension.Target) string {
	if t.Kind == suspension.KindGroup {
		return operatorGroupPath(t.ID)
	}
	return operatorApplicationPath(t.ID)
}

func suspendPath(t suspension.Target) string {
	out := "/operator/suspend?kind=" + string(t.Kind) + "&id=" + t.ID
	if t.Family != "" {
		out += "&family=" + t.Family
	}
	return out
}

func suspendPage(v *visit) error {
	t := suspension.Target{Kind: suspension.Kind(v.query("kind")), ID: v.query("id"), Family: v.query("family")}
	return showSuspend(v, suspendView{Order: suspension.Order{Target: t}})
}

func showSuspend(v *visit, d suspendView) error {
	var err error
	if d.Preview, err = v.Suspensions.Preview(v.ctx(), v.by, suspension.Order{Target: d.Order.Target}); err != nil {
		return err
	}
	if d.Order.Message == "" && len(d.Faults.fields) == 0 {
		d.Order.Message = d.Preview.Message
	}
	d.Token = v.token("/operator/suspend")
	return v.byOperator(sheet{title: "Suspend " + d.Preview.Name, current: "/operator/suspensions", status: d.Faults.status(),
		trail: []page.Link{{Text: d.Preview.Name, URL: d.Back()}, {Text: "Suspend"}}, body: suspendForm(d)})
}

func suspend(v *visit) error {
	d := suspendView{Order: suspension.Order{Target: suspension.Target{Kind: suspension.Kind(v.field("kind")), ID: v.field("id"), Family: v.field("family")},
		Reason: v.field("reason"), Message: v.field("message")}, Ends: v.field("ends")}
	lifts, ok := end(d.Ends)
	if !ok {
		d.Faults = faults{text: "The end can't be read.", fields: fieldFault("/lifts", "Give a date such as 2026-12-31.")}
		return showSuspend(v, d)
	}
	d.Order.Lifts = lifts
	one, err := v.Suspensions.Begin(v.ctx(), v.by, d.Order)
	if err != nil {
		if f, ok := faultsOf(err, "/reason", "/message", "/lifts"); ok {
			d.Faults = f
			return showSuspend(v, d)
		}
		return err
	}
	return v.leave("/operator/suspensions/"+one.ID.String(), one.Name+" is suspended. Its calls are refused from now on.")
}

// suspensionView is one suspension, for operators and for the developers.
type suspensionView struct {
	suspension.Told
	Operator bool
	Names    map[string]string // of those who wrote
	Accounts string            // as typed: keys of the accounts with which it works again
	Percent  string
	Ends     string
	Text     string
	Form     string // that was refused
	Token    func(action string) string
	Faults   faults
}

func (d suspensionView) path() string {
	if d.Operator {
		return "/operator/suspensions/" + d.ID.String()
	}
	return "/suspensions/" + d.ID.String()
}

// at gives what is wrong with a field of the form that was refused.
func (d suspensionView) at(form, pointer string) string {
	if d.Form == form {
		return d.Faults.at(pointer)
	}
	return ""
}

func operatorSuspension(v *visit) error { return showSuspension(v, suspensionView{Operator: true}) }
func suspensionPage(v *visit) error     { return showSuspension(v, suspensionView{}) }

func (v *visit) suspensionID() (suspension.ID, error) {
	return ident.Parse[suspension.Suspension](v.r.PathValue("suspension"))
}

func showSuspension(v *visit, d suspensionView) error {
	id, err := v.suspensionID()
	if err != nil {
		return err
	}
	if d.Told, err = v.Suspensions.Get(v.ctx(), v.by, id); err != nil {
		return err
	}
	d.Token = func(action string) string { return v.token(d.path() + "/" + action) }
	d.Names = map[string]string{}
	if d.Form == "" && d.Thaw != nil {
		d.Percent = strconv.Itoa(d.Thaw.Percent)
		if d.Accounts, err = v.accountKeys(d.Thaw.Accounts); err != nil {
			return err
		}
	}
	g, err := ident.Parse[group.Group](d.Group)
	if err != nil {
		return err
	}
	team, err := v.Groups.Get(v.ctx(), v.by, g)
	if err != nil {
		return err
	}
	members, err := v.Groups.Members(v.ctx(), v.by, g)
	if err != nil {
		return err
	}
	for _, m := range members {
		d.Names[m.User] = m.Name
	}
	s := sheet{title: "Suspension of " + d.Name, status: d.Faults.status(), body: suspensionDetail(v, d)}
	if d.Operator {
		s.current, s.trail = "/operator/suspensions", []page.Link{{Text: "Suspensions", URL: "/operator/suspensions"}, {Text: d.Name}}
		return v.byOperator(s)
	}
	s.trail = []page.Link{{Text: "Suspension"}}
	return v.inGroup(team, s)
}

// accountKeys names accounts as people know them, one in a line.
func (v *visit) accountKeys(ids []string) (string, error) {
	var keys []string
	err := v.Suspensions.DB.Read(v.ctx(), func(tx *store.Tx) error {
		for _, id := range ids {
			a, err := v.Console.Accounts.Load(tx, id)
			if err != nil {
				return err
			}
			keys = append(keys, a.Key)
		}
		return nil
	})
	return strings.Join(keys, "\n"), err
}

// accountIDs finds accounts by their keys in the product.
func (v *visit) accountIDs(keys []string) ([]string, error) {
	var out []string
	err := v.Suspensions.DB.Read(v.ctx(), func(tx *store.Tx) error {
		for _, key := range keys {
			a, err := v.Console.Accounts.ByKey(tx, key)
			if problem.CodeOf(err) == "not_found" {
				return problem.Invalid("account_unknown", "An account is not known.", fieldFault("/accounts", "There is no account with the key "+key+".")...)
			}
			if err != nil {
				return err
			}
			out = append(out, a.ID.String())
		}
		return nil
	})
	return out, err
}

// suspending carries out a step and shows the page again, with what is wrong where
// something is.
func (v *visit) suspending(words string, d suspensionView, step func(suspension.ID) error) error {
	id, err := v.suspensionID()
	if err != nil {
		return err
	}
	d.Operator = strings.HasPrefix(v.r.URL.Path, "/operator/")
	if err := step(id); err != nil {
		f, ok := faultsOf(err, "/percent", "/accounts", "/lifts", "/text")
		if !ok {
			return err
		}
		d.Faults = f
		return showSuspension(v, d)
	}
	at := "/suspensions/" + id.String()
	if d.Operator {
		at = "/operator" + at
	}
	return v.leave(at, words)
}

func thawSuspension(v *visit) error {
	d := suspensionView{Form: "thaw", Accounts: v.field("accounts"), Percent: v.field("percent")}
	return v.suspending("It works again there. The administrators are told.", d, func(id suspension.ID) error {
		t := group.Thaw{}
		if d.Percent != "" {
			n, err := strconv.Atoi(d.Percent)
			if err != nil {
				n = -1 // the rule says what is possible
			}
			t.Percent = n
		}
		var err error
		if t.Accounts, err = v.accountIDs(strings.Fields(d.Accounts)); err != nil {
			return err
		}
		_, err = v.Suspensions.Thaw(v.ctx(), v.by, id, t)
		return err
	})
}

func liftSuspension(v *visit) error {
	return v.suspending("It works again everywhere.", suspensionView{Form: "lift"}, func(id suspension.ID) error {
		_, err := v.Suspensions.Lift(v.ctx(), v.by, id)
		return err
	})
}

func dateSuspension(v *visit) error {
	d := suspensionView{Form: "date", Ends: v.field("ends")}
	return v.suspending("The end is noted.", d, func(id suspension.ID) error {
		lifts, ok := end(d.Ends)
		if !ok {
			return problem.Invalid("suspension_invalid", "The end can't be read.", fieldFault("/lifts", "Give a date such as 2026-12-31.")...)
		}
		_, err := v.Suspensions.Date(v.ctx(), v.by, id, lifts)
		return err
	})
}

func answerSuspension(v *visit) error {
	d := suspensionView{Form: "messages", Text: v.field("text")}
	return v.suspending("Sent.", d, func(id suspension.ID) error {
		_, err := v.Suspensions.Write(v.ctx(), v.by, id, d.Text)
		return err
	})
}

// suspendedPage leads to what stops an application or a group now.
func suspendedPage(v *visit) error {
	var one *suspension.Suspension
	err := v.Suspensions.DB.Read(v.ctx(), func(tx *store.Tx) error {
		var err error
		one, err = v.Suspensions.Open(tx, suspension.Target{Kind: suspension.Kind(v.query("kind")), ID: v.query("id"), Family: v.query("family")})
		return err
	})
	if err != nil {
		return err
	}
	if one == nil {
		return problem.NotFound("suspension")
	}
	if _, err := v.Suspensions.Get(v.ctx(), v.by, one.ID); err != nil {
		return err
	}
	at := "/suspensions/" + one.ID.String()
	if v.by.Operator {
		at = "/operator" + at
	}
	http.Redirect(v.w, v.r, at, http.StatusSeeOther)
	return nil
}

func suspendedPath(t suspension.Target) string {
	return strings.Replace(suspendPath(t), "/operator/suspend?", "/suspended?", 1)
}
