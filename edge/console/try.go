package console

import (
	"cmp"
	"slices"
	"strings"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/integration"
)

// tryView is the way from a key to an answer of the product, as lines for a shell. They are made to be
// pasted one after the other: the key and the token stay in variables.
type tryView struct {
	Account   string // name of the customer's account; empty: nobody has installed it
	Keep      string // puts a new key into variables; empty where no secret is shown
	Token     string
	Call      string // empty: the installation allows no operation that could be tried blindly
	Operation string // id of what Call calls
	Does      string // what it does, in the words of the product
	Gaps      bool   // Call has words in capital letters to be replaced
}

// try writes the lines for the first account, by name, where the application works.
func (v *visit) try(s subject) (tryView, error) {
	all, err := v.Integrations.ListApplication(v.ctx(), v.by, s.ID)
	if err != nil {
		return tryView{}, err
	}
	all = slices.DeleteFunc(all, func(i integration.Listed) bool { return i.State != integration.Active })
	if len(all) == 0 {
		// The endpoint needs no account as long as there is only one.
		return tryView{Token: tokenCurl(v.Issuer, "")}, nil
	}
	return v.tryIn(slices.MinFunc(all, func(a, b integration.Listed) int { return cmp.Compare(a.AccountName, b.AccountName) })), nil
}

// tryIn writes the lines for one installation.
func (v *visit) tryIn(i integration.Listed) tryView {
	d := tryView{Account: i.AccountName, Token: tokenCurl(v.Issuer, i.AccountKey)}
	if v.Catalog == nil || v.Catalog.Get() == nil {
		return d
	}
	t, ok := triable(v.Catalog.Get(), i.Scopes)
	if !ok {
		return d
	}
	line := t.CurlWith(v.Gateway, sampleFor(t, i.AccountKey))
	d.Call, d.Operation, d.Does, d.Gaps = "curl -sS --include"+strings.TrimPrefix(line, "curl"), t.ID, t.Summary, t.gaps > 0
	return d
}

// sampleFor gives the values that a call of t needs in an account.
func sampleFor(t trial, accountKey string) func(catalog.Parameter) string {
	return func(p catalog.Parameter) string {
		if p.Name == t.account {
			return accountKey
		}
		return cmp.Or(p.Sample(), inCapitals(p.Name))
	}
}

// tokenCurl is the line that gets a token and keeps it (RFC 6749 section 4.4.2). It needs nothing but
// curl and the usual tools, and shows the answer, so that a refusal can be read.
func tokenCurl(issuer, account string) string {
	line := "TOKEN=$(curl -sS -u \"${CLIENT_ID}:${CLIENT_SECRET}\" \\\n  -d grant_type=client_credentials \\\n"
	if account != "" {
		line += "  --data-urlencode 'account_id=" + shellQuoted(account) + "' \\\n"
	}
	return line + "  '" + shellQuoted(issuer) + "/oauth/token' \\\n" +
		"  | tee /dev/stderr | grep -o '\"access_token\":\"[^\"]*' | cut -d '\"' -f 4)"
}

// keepKey puts a key into variables of the shell.
func keepKey(k application.IssuedKey) string {
	return "CLIENT_ID='" + shellQuoted(k.ClientID) + "'\nCLIENT_SECRET='" + shellQuoted(k.Secret.Reveal()) + "'"
}

// trial is an operation that can be tried.
type trial struct {
	catalog.Operation
	account string // name of the parameter with the account's key
	gaps    int    // required parameters for which nobody has given an example
	asks    int    // required parameters beside the account
}

// triable finds the simplest operation that reads something and that the scopes allow.
func triable(cat *catalog.Catalog, scopes []string) (trial, bool) {
	bits := cat.Bits(scopes)
	var best trial
	found := false
	for _, r := range cat.Routes() {
		if r.Method != "GET" || r.Public || r.Internal || r.Unmapped() || r.Deprecated != nil || !r.Program.Met(bits) {
			continue
		}
		o, ok := cat.Operation(r.Operation)
		if !ok || o.Deprecated || endless(o) {
			continue
		}
		t, ok := trialOf(cat.File().Product.Account, *o)
		if ok && (!found || simpler(t, best) < 0) {
			best, found = t, true
		}
	}
	return best, found
}

func simpler(a, b trial) int {
	return cmp.Or(cmp.Compare(a.gaps, b.gaps), cmp.Compare(a.asks, b.asks), cmp.Compare(len(a.Path), len(b.Path)), cmp.Compare(a.ID, b.ID))
}

// endless tells streams from answers.
func endless(o *catalog.Operation) bool {
	return slices.ContainsFunc(o.Answers, func(a catalog.Answer) bool { return strings.HasPrefix(a.Type, "text/event-stream") })
}

// trialOf says what a call needs beside the token. It fails when the account is part of the host name,
// since only the operator knows those names.
func trialOf(key catalog.Account, o catalog.Operation) (trial, bool) {
	t := trial{Operation: o}
	switch key.In {
	case "host":
		return t, false
	case "path", "query", "header":
		t.account = key.Name
	}
	t.Parameters = slices.Clone(o.Parameters)
	if at := slices.IndexFunc(t.Parameters, func(p catalog.Parameter) bool { return p.Name == t.account && p.In == key.In }); at >= 0 {
		t.Parameters[at].Required = true
	} else if key.In == "query" || key.In == "header" {
		t.Parameters = append(t.Parameters, catalog.Parameter{Name: t.account, In: key.In, Required: true})
	}
	for _, p := range t.Parameters {
		if p.Name == t.account || !p.Required && p.In != "path" || strings.EqualFold(p.Name, "Authorization") {
			continue
		}
		t.asks++
		if p.Sample() == "" {
			t.gaps++
		}
	}
	return t, true
}

// inCapitals marks what the reader has to fill in.
func inCapitals(name string) string {
	return strings.ToUpper(strings.ReplaceAll(fileWord(name), "-", "_"))
}
