package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/release"
)

// faults is what a form says after a failed attempt: findings beside the fields and, above them, what
// is wrong with the whole.
type faults struct {
	text   string
	rest   []string // findings that belong to no field of the form
	fields []problem.Field
}

// faultsOf makes faults of an error that the person can mend on the form itself; false for any other,
// which the caller returns. known are the pointers that the form shows.
func faultsOf(err error, known ...string) (faults, bool) {
	p := problem.Of(err)
	if p == nil {
		return faults{}, false
	}
	switch p.Kind {
	case problem.KindInvalid, problem.KindConflict, problem.KindLimited, problem.KindUnavailable:
	default:
		return faults{}, false
	}
	f := faults{text: p.Detail, fields: p.Fields}
	for _, one := range p.Fields {
		if !slices.ContainsFunc(known, func(k string) bool { return within(one.Pointer, k) }) {
			f.rest = append(f.rest, one.Detail)
		}
	}
	for _, key := range []string{"installations", "owns"} {
		if names, ok := p.Extra[key].([]string); ok {
			f.rest = append(f.rest, names...)
		}
	}
	if why, ok := p.Extra["reasons"].([]release.Reason); ok {
		for i, r := range why {
			if i == 0 { // the detail names the first one, which stands in the list
				f.text = strings.TrimSpace(strings.TrimSuffix(f.text, r.Text))
			}
			f.rest = append(f.rest, r.Text)
		}
	}
	return f, true
}

func within(pointer, known string) bool {
	return pointer == known || strings.HasPrefix(pointer, known+"/")
}

// at is the finding about a field, or about a part of it.
func (f faults) at(pointer string) string {
	for _, one := range f.fields {
		if within(one.Pointer, pointer) {
			return one.Detail
		}
	}
	return ""
}

func (f faults) any() bool { return f.text != "" || len(f.fields) > 0 }

// fail answers with the page for an error that no form could show.
func (v *visit) fail(err error) {
	p := problem.Of(err)
	id := web.From(v.ctx()).ID()
	if p.Kind == problem.KindUnauthenticated {
		back := "/"
		if v.r.Method == http.MethodGet {
			back = v.r.URL.RequestURI()
		}
		v.w.Header().Set("Cache-Control", "no-store")
		http.Redirect(v.w, v.r, signInPath(back), http.StatusSeeOther)
		return
	}
	if p.Code == "fresh_sign_in_required" {
		v.w.Header().Set("Cache-Control", "no-store")
		http.Redirect(v.w, v.r, withNext("/confirm", v.r.URL.Path), http.StatusSeeOther)
		return
	}
	show := page.Problem{Title: "That did not work", Text: p.Detail, Code: p.Code, Reference: id}
	status := http.StatusInternalServerError
	switch p.Kind {
	case problem.KindNotFound:
		status = http.StatusNotFound
		// One page whatever is missing or hidden, so that it tells nothing.
		show = page.Problem{Title: "There is nothing here", Text: "The page does not exist, or it belongs to somebody else.",
			Steps: []string{"Check the address for a missing or extra character.", "If a colleague sent it to you, ask them to invite you first."}}
	case problem.KindForbidden:
		status = http.StatusForbidden
		show.Title = "You may not do that"
		if p.Code == "form_expired" || p.Code == "form_token" {
			show.Title = "This form can't be used again"
			show.Steps = []string{"Go back, load the page again and look whether it was done already."}
		}
		if action, ok := p.Extra["action"].(string); ok {
			show.Text, show.Code = "Your role does not include this.", action
			show.Steps = []string{"Ask an administrator of the group or account to do it, or to give you a role that includes it."}
		}
	case problem.KindInvalid:
		status = http.StatusUnprocessableEntity
		for _, f := range p.Fields {
			show.Steps = append(show.Steps, f.Detail)
		}
	case problem.KindConflict:
		status = http.StatusConflict
		show.Title = "That is not possible right now"
		show.Steps = []string{"Go back, load the page again and look at what has changed."}
	case problem.KindLimited:
		status = http.StatusTooManyRequests
		show.Title = "Too many attempts"
		if p.After > 0 {
			v.w.Header().Set("Retry-After", strconv.Itoa(int(p.After.Seconds())+1))
		}
	case problem.KindUnavailable:
		status = http.StatusServiceUnavailable
		show.Title = "Not available right now"
		show.Steps = []string{"Nothing was changed. Try again in a minute."}
	default:
		show.Title = "Something went wrong on our side"
		show.Text = "Your last action may not have been carried out."
		show.Steps = []string{"Try again in a minute.", "If it happens again, send the operator the reference below."}
		v.Log.ErrorContext(v.ctx(), "console page failed", "error", err, "path", v.r.Pattern)
	}
	show.Status = status
	if err := v.show(sheet{title: show.Title, status: status, body: show, bare: v.session.ID == ""}); err != nil {
		v.Log.ErrorContext(v.ctx(), "console problem page failed", "error", err)
	}
}

// absent answers for every address that no page has.
func absent(*visit) error { return problem.NotFound("page") }

// crossOrigin answers a form that another site's page sent.
func crossOrigin(*visit) error {
	return problem.Forbidden("cross_origin", "The request came from another site's page, so nothing was done. If you meant it, open the console yourself and do it there.")
}
