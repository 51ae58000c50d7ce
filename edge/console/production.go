package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/programme"
	"github.com/guestright/guestright/quota"
)

func (c *Console) productionRoutes() []route {
	if c.Programme == nil {
		return nil
	}
	const mine, theirs = "/groups/{group}/production", "/operator/groups/{group}/production"
	return []route{
		{"GET /group-name", c.page(nameAdvice)},
		{"GET " + mine, c.page(productionPage)},
		{"POST " + mine, c.page(requestProduction)},
		{"POST " + mine + "/answer", c.page(answerProduction)},
		{"POST " + mine + "/withdraw", c.page(withdrawProduction)},
		{"GET /operator/production", c.operator(productionQueue)},
		{"GET " + theirs, c.operator(productionDecision)},
		{"POST " + theirs + "/grant", c.operator(grantProduction)},
		{"POST " + theirs + "/refuse", c.operator(refuseProduction)},
		{"POST " + theirs + "/ask", c.operator(askProduction)},
	}
}

// nameAdvice says while a name is typed what the rules say about it.
func nameAdvice(v *visit) error {
	return v.fragment(nameHint(v.query("name"), v.Groups.Naming.Advise(v.query("name"))))
}

// productionView is where a group stands, for its developers and for operators.
type productionView struct {
	Group    group.Group
	Standing programme.Standing
	Limits   quota.Limits
	Current  programme.Request // the zero one: none was made
	May      bool
	Entered  productionEntered
	Faults   faults
	Plans    []quota.Plan // to choose from, for operators
	Token    func(action string) string
}

// productionEntered is what was typed, as it was.
type productionEntered struct {
	Purpose, Operations, Sites, Calls, Contact, Answer string
	Plan, Reason, Ends, Refusal, Question              string
	Values                                             map[string]string // of limits
}

func (d productionView) mine() string { return groupPath(d.Group.ID.String()) + "/production" }
func (d productionView) theirs() string {
	return operatorGroupPath(d.Group.ID.String()) + "/production"
}

// named reports whether the group may ask under its name; otherwise the first step says what to do.
func (d productionView) named() bool { return !d.Standing.Personal && len(d.Standing.Naming) == 0 }

// earlier are the requests besides the current one.
func (d productionView) earlier() []programme.Request {
	var out []programme.Request
	for _, r := range d.Standing.Requests {
		if r.ID != d.Current.ID {
			out = append(out, r)
		}
	}
	return out
}

// production gathers what both sides see.
func (v *visit) production() (productionView, error) {
	var d productionView
	var err error
	if d.Group, err = v.groupOf(); err != nil {
		return d, err
	}
	id := d.Group.ID.String()
	if d.Standing, err = v.Programme.Standing(v.ctx(), v.by, id); err != nil {
		return d, err
	}
	d.Current, _ = d.Standing.Current()
	d.Limits, err = v.Quota.Limits(v.ctx(), v.by, id)
	return d, err
}

func productionPage(v *visit) error {
	d, err := v.production()
	if err != nil {
		return err
	}
	if d.Current.ID.IsZero() {
		d.Entered.Contact = v.session.Email
	} else {
		a := d.Current.Ask
		d.Entered = productionEntered{Purpose: a.Purpose, Operations: a.Operations, Sites: strconv.FormatInt(a.Sites, 10), Calls: strconv.FormatInt(a.Calls, 10), Contact: a.Contact}
	}
	return v.showProduction(d)
}

func (v *visit) showProduction(d productionView) error {
	d.May = v.may("production:request", access.On("group", d.Group.ID.String()))
	d.Token = func(action string) string { return v.token(d.mine() + action) }
	return v.inGroup(d.Group, sheet{title: "Production", status: d.Faults.status(), trail: []page.Link{{Text: "Production"}}, body: productionHome(v, d)})
}

// whole reads a whole number as people write it; 0, which no rule allows, for anything else.
func whole(text string) int64 {
	n, err := strconv.ParseInt(strings.NewReplacer(",", "", " ", "", "_", "", "'", "").Replace(text), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func requestProduction(v *visit) error {
	e := productionEntered{Purpose: v.field("purpose"), Operations: v.field("operations"), Sites: v.field("sites"), Calls: v.field("calls"), Contact: v.field("contact")}
	return v.wishing(e, "The operator is asked. You hear of the decision here and by mail.", []string{"/purpose", "/operations", "/expected_sites", "/expected_calls_per_day", "/contact"}, func(id string) error {
		_, err := v.Programme.Submit(v.ctx(), v.by, id, programme.Ask{Purpose: e.Purpose, Operations: e.Operations, Sites: whole(e.Sites), Calls: whole(e.Calls), Contact: e.Contact})
		return err
	})
}

func answerProduction(v *visit) error {
	e := productionEntered{Answer: v.field("answer")}
	return v.wishing(e, "The operator has your answer.", []string{"/answer"}, func(id string) error {
		_, err := v.Programme.Answer(v.ctx(), v.by, id, e.Answer)
		return err
	})
}

func withdrawProduction(v *visit) error {
	return v.wishing(productionEntered{}, "The request is taken back.", nil, func(id string) error {
		_, err := v.Programme.Withdraw(v.ctx(), v.by, id)
		return err
	})
}

// wishing does something to the group's request and shows the page again when it can't be done.
func (v *visit) wishing(e productionEntered, done string, known []string, do func(id string) error) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	if err = do(g.ID.String()); err == nil {
		return v.leave(groupPath(g.ID.String())+"/production", done)
	}
	f, ok := faultsOf(err, known...)
	if !ok {
		return err
	}
	d, err := v.production()
	if err != nil {
		return err
	}
	d.Entered, d.Faults = e, f
	return v.showProduction(d)
}

func productionQueue(v *visit) error {
	waiting, err := v.Programme.Queue(v.ctx(), v.by)
	if err != nil {
		return err
	}
	rest, err := v.Programme.Queue(v.ctx(), v.by, programme.Granted, programme.Refused)
	if err != nil {
		return err
	}
	return v.byOperator(sheet{title: "Production requests", trail: []page.Link{{Text: "Production requests"}}, body: productionQueueList(v, waiting, rest)})
}

func productionDecision(v *visit) error {
	d, err := v.production()
	if err != nil {
		return err
	}
	return v.showDecision(d)
}

func (v *visit) showDecision(d productionView) error {
	d.Token = func(action string) string { return v.token(d.theirs() + action) }
	plans := v.Quota.Plans()
	for _, name := range sortedKeys(plans) {
		d.Plans = append(d.Plans, plans[name])
	}
	return v.byOperator(sheet{title: "Production of " + d.Group.Name, current: "/operator/production", status: d.Faults.status(),
		trail: []page.Link{{Text: "Production requests", URL: "/operator/production"}, {Text: d.Group.Name}}, body: productionDecide(v, d)})
}

func (v *visit) deciding(e productionEntered, done string, known []string, do func(id string) error) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	if err = do(g.ID.String()); err == nil {
		return v.leave("/operator/production", named(done, g.Name))
	}
	f, ok := faultsOf(err, known...)
	if !ok {
		return err
	}
	d, err := v.production()
	if err != nil {
		return err
	}
	d.Entered, d.Faults = e, f
	return v.showDecision(d)
}

func grantProduction(v *visit) error {
	e := productionEntered{Plan: v.field("plan"), Reason: v.field("reason"), Ends: v.field("ends"), Values: map[string]string{}}
	decision := programme.Decision{Plan: e.Plan, Reason: e.Reason, Revision: whole(v.field("revision")), Limits: map[string]int64{}}
	var f faults
	known := []string{"/plan", "/reason", "/ends"}
	for field, values := range v.r.PostForm {
		name, ok := strings.CutPrefix(field, "limit.")
		if !ok || strings.TrimSpace(values[0]) == "" {
			continue
		}
		e.Values[name], known = values[0], append(known, "/limits/"+name)
		decision.Limits[name] = whole(values[0])
		if decision.Limits[name] == 0 {
			f.text, f.fields = "A limit can't be read.", append(f.fields, fieldFault("/limits/"+name, "Give a whole number, at least 1.")...)
		}
	}
	ends, ok := end(e.Ends)
	if !ok {
		f.text, f.fields = "The end can't be read.", append(f.fields, fieldFault("/ends", "Give a date such as 2026-12-31.")...)
	}
	decision.Ends = ends
	if f.any() {
		d, err := v.production()
		if err != nil {
			return err
		}
		d.Entered, d.Faults = e, f
		return v.showDecision(d)
	}
	return v.deciding(e, "%s has its production settings from this moment.", known, func(id string) error {
		_, err := v.Programme.Grant(v.ctx(), v.by, id, decision)
		return err
	})
}

func refuseProduction(v *visit) error {
	e := productionEntered{Refusal: v.field("refusal")}
	return v.deciding(e, "Refused. %s is told why.", []string{"/reason"}, func(id string) error {
		_, err := v.Programme.Refuse(v.ctx(), v.by, id, e.Refusal)
		return err
	})
}

func askProduction(v *visit) error {
	e := productionEntered{Question: v.field("question")}
	return v.deciding(e, "%s is asked. The request comes back here with the answer.", []string{"/question"}, func(id string) error {
		_, err := v.Programme.Question(v.ctx(), v.by, id, e.Question)
		return err
	})
}

// dueWords says how long the operator still has.
func dueWords(due, now time.Time) string {
	if due.IsZero() {
		return "Waits for the developers"
	}
	if due.Before(now) {
		return "Overdue since " + due.Format("2 January")
	}
	return "Until " + due.Format("2 January")
}
