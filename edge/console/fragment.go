package console

import (
	"net/http"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/edge/page"
)

// fragment answers with a part of a page, for a script that puts it where it belongs.
func (v *visit) fragment(c templ.Component) error {
	return page.Policy{Secure: v.Secure}.Render(v.w, v.r, http.StatusOK, c)
}
