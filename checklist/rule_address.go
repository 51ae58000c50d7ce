package checklist

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/kit/outbound"
)

// address that customers are given, and what it is.
type address struct{ what, url string }

// answer is how an address answered.
type answer struct {
	address
	result outbound.Result
}

// named are the addresses that customers are given: what the application and its
// package say.
func (f *facts) named() []address {
	out := []address{{"homepage", f.links.Website}, {"support", f.links.Support}, {"privacy statement", f.links.Privacy}, {"documentation", f.docs}}
	if f.packed != nil {
		l := f.packed.Manifest.Listing.Links
		out = append(out, address{"site in the package", l.Site}, address{"privacy statement in the package", l.Privacy},
			address{"support in the package", l.Support.Or("")}, address{"documentation in the package", l.Docs.Or("")})
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(a address) bool {
		web := strings.HasPrefix(a.url, "https://") || strings.HasPrefix(a.url, "http://")
		twice := seen[a.url]
		seen[a.url] = true
		return !web || twice
	})
}

// contact looks for homepage, support, privacy statement and documentation, wherever
// they are said.
func (f *facts) contact() Item {
	privacy, support, docs, site := f.links.Privacy, f.links.Support, f.docs, f.links.Website
	if f.packed != nil {
		l := f.packed.Manifest.Listing
		privacy, site = cmp.Or(privacy, l.Links.Privacy), cmp.Or(site, l.Links.Site)
		support = cmp.Or(support, l.Links.Support.Or(""), l.SupportEmail)
		docs = cmp.Or(docs, l.Links.Docs.Or(""))
	}
	var missing, there []string
	for _, c := range []struct{ what, where, said string }{
		{"a homepage", "under Settings", site}, {"a contact for support", "under Settings", support},
		{"a privacy statement", "under Verification", privacy}, {"documentation", "under Directory", docs},
	} {
		if strings.TrimSpace(c.said) == "" {
			missing = append(missing, c.what+" ("+c.where+")")
			continue
		}
		there = append(there, c.what+": "+firstLine(c.said))
	}
	if missing != nil {
		return item(CodeContact, Failed, "Customers miss something.", "Fill in what is missing.", missing...)
	}
	return item(CodeContact, Passed, "Homepage, support, privacy statement and documentation are there.", "", there...)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if r := []rune(line); len(r) > 120 {
		line = string(r[:119]) + "…"
	}
	return line
}

func (f *facts) addresses() Item {
	if len(f.answers) == 0 {
		return skipped(CodeLinks, "It names no addresses yet.")
	}
	var bad, good []string
	for _, a := range f.answers {
		line := a.what + ", " + a.url + ": " + said(a.result)
		if a.result.Failure == outbound.NoFailure && a.result.Status/100 == 2 {
			good = append(good, line)
			continue
		}
		bad = append(bad, line)
	}
	if bad != nil {
		return item(CodeLinks, Failed, counted(len(bad), "address does", "addresses do")+" not answer as a page should.", "Correct the address or your server, and run the checks again.", bad...)
	}
	return item(CodeLinks, Passed, counted(len(good), "address answers.", "addresses answer."), "", good...)
}

// said puts a result into words that tell nothing about the network we are in.
func said(r outbound.Result) string {
	switch r.Failure {
	case outbound.NoFailure:
		if r.Status/100 == 3 {
			return "leads somewhere else too often"
		}
		return fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status))
	case outbound.BadURL:
		return "is no address that we call: it must be https and public"
	case outbound.Refused:
		return "leads to an address that is not public"
	case outbound.DNS:
		return "the name cannot be found"
	case outbound.Connect:
		return "nobody accepts the connection"
	case outbound.TLS:
		return "has no certificate that can be trusted"
	case outbound.Timeout, outbound.Canceled:
		return "no answer in time"
	}
	return "the connection was cut"
}

const ownDomain = "Prove the domain under Group, Domains: by a DNS record or a file."

func (f *facts) redirects() Item {
	var strange, own []string
	for _, raw := range f.client.RedirectURIs {
		u, err := url.Parse(raw)
		if err != nil || u.Scheme != "https" {
			continue // loopback and schemes of its own belong to the device
		}
		if domain.Covers(f.owned, u.Hostname()) {
			own = append(own, raw)
			continue
		}
		strange = append(strange, raw)
	}
	switch {
	case strange != nil:
		return item(CodeRedirects, Failed, "Nobody has proven to own where people are sent back to.", ownDomain, strange...)
	case own == nil:
		return skipped(CodeRedirects, "It sends nobody back to a server.")
	}
	return item(CodeRedirects, Passed, "You own every domain that people are sent back to.", "", own...)
}

func (f *facts) site() Item {
	sites := []string{f.links.Website}
	if f.packed != nil {
		sites = append(sites, f.packed.Manifest.Listing.Links.Site)
	}
	var strange, own []string
	for _, s := range sites {
		u, err := url.Parse(s)
		if err != nil || u.Hostname() == "" || slices.Contains(own, u.Hostname()) || slices.Contains(strange, u.Hostname()) {
			continue
		}
		if domain.Covers(f.owned, u.Hostname()) {
			own = append(own, u.Hostname())
			continue
		}
		strange = append(strange, u.Hostname())
	}
	switch {
	case strange != nil:
		return item(CodeSite, Failed, "Nobody has proven to own the domain of its site.", ownDomain, strange...)
	case own == nil:
		return item(CodeSite, Failed, "It names no site.", "Fill in the homepage under Settings.")
	}
	return item(CodeSite, Passed, "You own the domain of its site.", "", own...)
}
