package console

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/token"
)

func (c *Console) credentialRoutes() []route {
	if c.Tokens == nil {
		return nil
	}
	const path = "/accounts/{account}/credentials"
	return []route{
		{"GET " + path, c.page(credentialsPage)},
		{"POST " + path, c.page(setTokenPolicy)},
		{"GET " + path + "/export", c.page(credentialExport)},
	}
}

func credentialsPath(account string) string { return accountPath(account) + "/credentials" }

// credentialsView is every static token of an account, and what the account demands of them.
type credentialsView struct {
	Account   account.Account
	Policy    token.Policy // in force
	All       []token.Credential
	Minded    int  // that the policy minds something about
	Only      bool // these only
	MayChange bool
	Least     int // days that an idle expiry has at least
	Asked     *token.Policy
	Idle      string
	Rotate    string
	Hits      []token.Hit // of the policy that was asked about
	Token     string
	Faults    faults
}

func credentialsPage(v *visit) error { return showCredentials(v, credentialsView{}) }

func showCredentials(v *visit, d credentialsView) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	on := account.Resource(a.ID.String())
	d.Account, d.MayChange, d.Only = a, v.may("token_policy:update", on), v.query("only") == "minded"
	if d.All, err = v.Tokens.Credentials(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	if d.Policy, err = v.Tokens.Policy(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	for _, c := range d.All {
		if len(c.Findings) > 0 {
			d.Minded++
		}
	}
	if d.Only {
		d.All = slices.DeleteFunc(d.All, func(c token.Credential) bool { return len(c.Findings) == 0 })
	}
	d.Least = int(v.Tokens.LeastIdle() / (24 * time.Hour))
	if d.Idle == "" && d.Rotate == "" {
		d.Idle, d.Rotate = strconv.Itoa(d.Policy.IdleDays), strconv.Itoa(d.Policy.RotateDays)
	}
	d.Token = v.token(credentialsPath(a.ID.String()))
	return v.inAccount(a, sheet{title: "All credentials", status: d.Faults.status(), trail: []page.Link{{Text: "All credentials"}}, body: credentialList(v, d)})
}

// setTokenPolicy shows what a policy would hit; with "save" it comes into force.
func setTokenPolicy(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	d := credentialsView{Idle: v.field("idle_days"), Rotate: v.field("rotate_days")}
	days := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			return -1 // refused as out of range
		}
		return n
	}
	p := token.Policy{IdleDays: days(d.Idle), RotateDays: days(d.Rotate)}
	if v.field("do") == "save" {
		_, err = v.Tokens.SetPolicy(v.ctx(), v.by, a.ID, p)
		if err == nil {
			return v.leave(credentialsPath(a.ID.String()), "The policy is in force. Nothing is disabled without notices 15, 7 and 1 day before.")
		}
	} else {
		d.Hits, err = v.Tokens.Preview(v.ctx(), v.by, a.ID, p)
		d.Asked = &p
	}
	if err != nil {
		f, ok := faultsOf(err, "/idle_days", "/rotate_days")
		if !ok {
			return err
		}
		d.Faults, d.Asked = f, nil
	}
	return showCredentials(v, d)
}

// credentialExport gives the list as a table for spreadsheets (RFC 4180). It holds no token.
func credentialExport(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	all, err := v.Tokens.Credentials(v.ctx(), v.by, a.ID)
	if err != nil {
		return err
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{"token", "ending", "kind", "name", "state", "created", "age_days", "last_used", "last_operation", "last_network", "expires", "disabled_at", "findings"}}
	for _, c := range all {
		var minds []string
		for _, f := range c.Findings {
			minds = append(minds, string(f))
		}
		rows = append(rows, []string{c.Token.String(), c.Hint, string(c.Kind), audit.Harmless(c.Name), string(c.State), at(c.Created), strconv.Itoa(c.AgeDays),
			at(c.Last.At), audit.Harmless(c.Last.Operation), c.Last.Network, at(c.Expires), at(c.Deadline), strings.Join(minds, " ")})
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="credentials-`+v.now.UTC().Format(day)+`.csv"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, err = v.w.Write(out.Bytes())
	return err
}
