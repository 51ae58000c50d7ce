package console

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

func (c *Console) usageRoutes() []route {
	return []route{
		{"GET /applications/{application}/usage", c.page(applicationUsage)},
		{"GET /applications/{application}/usage.csv", c.page(applicationUsageCSV)},
		{"GET /groups/{group}/usage", c.page(groupUsage)},
		{"GET /groups/{group}/usage.csv", c.page(groupUsageCSV)},
	}
}

// period is a time that the usage pages offer.
type period struct {
	Name, Text, Fresh string
	Step              usage.Step
	Back              func(now time.Time) time.Time
}

var periods = []period{
	{"24h", "24 hours", "Each point is 15 minutes, fresh within a minute.", usage.StepQuarter, func(now time.Time) time.Time { return now.Add(-24 * time.Hour) }},
	{"30d", "30 days", "Each point is a day (UTC).", usage.StepDay, func(now time.Time) time.Time { return now.AddDate(0, 0, -29) }},
	{"year", "12 months", "Each point is a month (UTC).", usage.StepMonth, func(now time.Time) time.Time { return now.AddDate(0, -11, 0) }},
}

func periodOf(name string) period {
	for _, p := range periods {
		if p.Name == name {
			return p
		}
	}
	return periods[0]
}

// usageView is a chart and what it breaks down to.
type usageView struct {
	Path       string // of the page; the period and the export hang on it
	Period     period
	Total      int64
	Refused    int64
	Failed     int64
	Average    float64
	Chart      page.Chart
	Operations []partLine
	Accounts   []partLine
	Whole      []partLine // applications of a group
	Outcomes   []partLine
	Limits     quota.Limits
	Group      string
}

// partLine is one line of a break-down.
type partLine struct {
	Name, URL, Note  string
	Total, Good, Bad int64
}

func (v *visit) usageOf(path string, f usage.Filter) (usageView, error) {
	p := periodOf(v.query("period"))
	d := usageView{Path: path, Period: p}
	q := usage.Query{Filter: f, From: p.Back(v.now), Step: p.Step}
	series, err := v.Usage.Series(v.ctx(), v.by, q)
	if err != nil {
		return d, err
	}
	d.Total, d.Average = series.Total, series.Average
	d.Chart = chartOf(series, p)
	d.Failed = series.Outcomes[usage.ProductError]
	d.Refused = series.Total - series.Outcomes[usage.OK] - d.Failed
	for _, o := range usage.Outcomes() {
		if n := series.Outcomes[o]; n > 0 {
			d.Outcomes = append(d.Outcomes, partLine{Name: outcomeWord(o), Note: o.String(), Total: n})
		}
	}
	operations, err := v.Usage.Parts(v.ctx(), v.by, q, usage.ByOperation)
	if err != nil {
		return d, err
	}
	for _, one := range operations {
		d.Operations = append(d.Operations, v.operationLine(one))
	}
	return d, nil
}

func line(p usage.Part) partLine {
	good := p.Outcomes[usage.OK]
	return partLine{Name: p.Name, Total: p.Total, Good: good, Bad: p.Total - good - p.Outcomes[usage.ProductError]}
}

// operationLine names an operation as its reference does.
func (v *visit) operationLine(p usage.Part) partLine {
	l := line(p)
	switch p.Name {
	case "":
		l.Name = "No operation was recognised"
	case usage.Other:
		l.Name = "Others, counted together"
	default:
		l.URL = "/reference/" + p.Name
		if r, ok := v.Catalog.Get().Route(p.Name); ok {
			l.Note = r.Method + " " + r.Template
			if o, ok := v.Catalog.Get().Operation(p.Name); ok && o.Summary != "" {
				l.Name = o.Summary
			}
		}
	}
	return l
}

// chartOf shows what passed, what was refused and what failed.
func chartOf(s usage.Series, p period) page.Chart {
	c := page.Chart{Title: "Calls", Text: "Last " + p.Text + ", by outcome. " + p.Fresh, Unit: "calls", Stack: true, Daily: p.Step != usage.StepQuarter}
	kinds := []struct {
		name string
		tone page.Tone
		has  func(usage.Outcome) bool
	}{
		{"Passed", page.ToneNeutral, func(o usage.Outcome) bool { return o == usage.OK }},
		{"Refused", page.ToneWarn, func(o usage.Outcome) bool { return o != usage.OK && o != usage.ProductError && !limited(o) }},
		{"Over a limit", page.ToneBad, limited},
		{"Failed in the product", page.ToneInfo, func(o usage.Outcome) bool { return o == usage.ProductError }},
	}
	for _, point := range s.Points {
		c.Times = append(c.Times, point.At)
	}
	for _, k := range kinds {
		one := page.Series{Name: k.name, Tone: k.tone}
		sum := int64(0)
		for _, point := range s.Points {
			var n int64
			for o, count := range point.Outcomes {
				if k.has(o) {
					n += count
				}
			}
			one.Values = append(one.Values, n)
			sum += n
		}
		if sum > 0 || k.name == "Passed" {
			c.Series = append(c.Series, one)
		}
	}
	return c
}

func limited(o usage.Outcome) bool { return o == usage.RateLimited || o == usage.QuotaExceeded }

// outcomeWord says an outcome so that one knows what to do about it.
func outcomeWord(o usage.Outcome) string {
	words := map[usage.Outcome]string{
		usage.OK: "Passed", usage.InvalidToken: "The token was unknown or has expired", usage.MissingCredential: "No token was sent",
		usage.RateLimited: "Too many calls in a short time", usage.QuotaExceeded: "The quota is used up",
		usage.PermissionDenied: "The role does not allow it there", usage.ScopeMissing: "A scope is missing",
		usage.NotInstalled: "Not installed in the account", usage.InstallationDisabled: "Switched off by the customer",
		usage.Blocked: "Blocked by you or the operator", usage.RevokedKey: "The key or token was revoked",
		usage.OperationUnmapped: "The operator has not opened the operation", usage.NotFound: "No such operation or account",
		usage.ProductError: "The product failed", usage.Malformed: "The request was ambiguous", usage.OperationRemoved: "The operation was removed", usage.NetworkDenied: "From a network that is not allowed", usage.Unavailable: "Nothing could be decided",
	}
	if w, ok := words[o]; ok {
		return w
	}
	return o.String()
}

func applicationUsage(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	d, err := v.usageOf(s.path()+"/usage", usage.Filter{Application: s.ID.String()})
	if err != nil {
		return err
	}
	customers, err := v.customers(s)
	if err != nil {
		return err
	}
	parts, err := v.Usage.Parts(v.ctx(), v.by, usage.Query{Filter: usage.Filter{Application: s.ID.String()}, From: d.Period.Back(v.now), Step: d.Period.Step}, usage.ByAccount)
	if err != nil {
		return err
	}
	for _, p := range parts {
		l := line(p)
		if i, ok := customers[p.Name]; ok {
			l.Name, l.Note = i.AccountName, i.AccountKey
		} else {
			l.Name = "No account was recognised"
		}
		d.Accounts = append(d.Accounts, l)
	}
	return v.about(s, "/usage", sheet{title: "Usage", trail: []page.Link{{Text: "Usage"}}, body: usagePage(v, d)})
}

func groupUsage(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	d, err := v.usageOf(groupPath(g.ID.String())+"/usage", usage.Filter{Group: g.ID.String()})
	if err != nil {
		return err
	}
	if d.Limits, err = v.Quota.Limits(v.ctx(), v.by, g.ID.String()); err != nil {
		return err
	}
	d.Group = g.Name
	apps, err := v.Applications.List(v.ctx(), v.by, g.ID.String())
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, a := range apps {
		names[a.ID.String()] = a.Name
	}
	parts, err := v.Usage.Parts(v.ctx(), v.by, usage.Query{Filter: usage.Filter{Group: g.ID.String()}, From: d.Period.Back(v.now), Step: d.Period.Step}, usage.ByApplication)
	if err != nil {
		return err
	}
	for _, p := range parts {
		l := line(p)
		l.Name, l.URL = names[p.Name], "/applications/"+p.Name+"/usage"
		if l.Name == "" {
			l.Name, l.URL = "An application that was moved or deleted", ""
		}
		d.Whole = append(d.Whole, l)
	}
	return v.inGroup(g, sheet{title: "Usage and limits", trail: []page.Link{{Text: "Usage and limits"}}, body: groupUsagePage(v, d)})
}

func applicationUsageCSV(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	return v.exportUsage(s.Name, usage.Filter{Application: s.ID.String()})
}

func groupUsageCSV(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	return v.exportUsage(g.Name, usage.Filter{Group: g.ID.String()})
}

// exportUsage answers with the numbers of the chart, one column for each outcome (RFC 4180).
func (v *visit) exportUsage(name string, f usage.Filter) error {
	p := periodOf(v.query("period"))
	series, err := v.Usage.Series(v.ctx(), v.by, usage.Query{Filter: f, From: p.Back(v.now), Step: p.Step})
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="usage-`+fileWord(name)+"-"+p.Name+`.csv"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	v.w.WriteHeader(http.StatusOK)
	w := csv.NewWriter(v.w)
	head := []string{"at", "total"}
	for _, o := range usage.Outcomes() {
		head = append(head, o.String())
	}
	if err := w.Write(head); err != nil {
		return nil //nolint:nilerr // the reader went away
	}
	for _, point := range series.Points {
		row := []string{point.At.UTC().Format(time.RFC3339), strconv.FormatInt(point.Total, 10)}
		for _, o := range usage.Outcomes() {
			row = append(row, strconv.FormatInt(point.Outcomes[o], 10))
		}
		if err := w.Write(row); err != nil {
			return nil //nolint:nilerr // the reader went away
		}
	}
	w.Flush()
	return nil
}

// breakable is a path that may go over several lines, after its slashes.
func breakable(path string) templ.Component {
	return templ.Raw(strings.ReplaceAll(templ.EscapeString(path), "/", "/<wbr>"))
}
