package console

import (
	"net/http"
	"net/url"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// Fault shows a person who came from an application what is wrong with its
// request, when the application itself can't be told.
func (c *Console) Fault(w http.ResponseWriter, r *http.Request, status int, err error) {
	quiet := r.Clone(r.Context())
	quiet.URL = &url.URL{Path: "/"} // the page repeats nothing of what was sent
	c.raw(func(v *visit) error {
		p := problem.Of(err)
		show := page.Problem{Status: status, Title: "This sign-in link does not work", Text: p.Detail, Code: p.Code, Reference: web.From(r.Context()).ID(),
			Steps: []string{"Go back to the application and start again.", "If it happens again, tell the application's developers what this page says."}}
		if status >= http.StatusInternalServerError {
			show.Title, show.Steps = "Not available right now", []string{"Nothing was changed. Try again in a minute."}
		}
		if status == http.StatusInternalServerError {
			show.Text = "Something went wrong on our side."
		}
		return v.show(sheet{title: show.Title, status: status, body: show, bare: true, quiet: true})
	}).ServeHTTP(w, quiet)
}
