package console

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/guestright/guestright/edge/page"
)

// operatorMost is how many groups or applications one page lists.
const operatorMost = 100

// stretch is what one page shows of a list: what follows the line that the address names, with the way to the rest.
func stretch[T any](v *visit, path, one string, all []T, id func(T) string) ([]T, page.Pager) {
	at := func(after string) string {
		q := url.Values{}
		if text := v.query("q"); text != "" {
			q.Set("q", text)
		}
		if after != "" {
			q.Set("after", after)
		}
		if len(q) == 0 {
			return path
		}
		return path + "?" + q.Encode()
	}
	p, total, begin := page.Pager{Label: strings.ToUpper(one[:1]) + one[1:] + "s", Shown: plural(len(all), one)}, len(all), 0
	if after := v.query("after"); after != "" {
		// A line that is gone meanwhile begins the list anew.
		begin = slices.IndexFunc(all, func(t T) bool { return id(t) == after }) + 1
	}
	end := min(begin+operatorMost, total)
	if begin > 0 {
		p.First, p.Previous = at(""), at("")
		if begin > operatorMost {
			p.Previous = at(id(all[begin-operatorMost-1]))
		}
	}
	if end < total {
		p.Next = at(id(all[end-1]))
	}
	if begin > 0 || end < total {
		p.Shown = fmt.Sprintf("%s to %s of %s", page.Count(int64(begin+1)), page.Count(int64(end)), plural(total, one))
	}
	return all[begin:end], p
}
