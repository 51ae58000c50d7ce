package catalog

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// deprecations checks what the file says about the end of operations and versions.
func (c *checker) deprecations() {
	for i, d := range c.file.Deprecations {
		at := "/deprecations/" + strconv.Itoa(i)
		if len(d.Under) == 0 {
			c.say(at+"/under", "catalog.missing", "Say which paths are meant, such as /v1/**.")
		}
		for j, u := range d.Under {
			if !strings.HasPrefix(u, "/") {
				c.say(at+"/under/"+strconv.Itoa(j), "catalog.value", "A route pattern starts with a slash.")
			}
		}
		c.deprecation(at, d.deprecation())
	}
	for key, gone := range c.file.Removed {
		at := "/removed/" + key
		method, path, ok := strings.Cut(key, " ")
		if !ok || method != strings.ToUpper(method) || !strings.HasPrefix(path, "/") {
			c.say(at, "catalog.value", "An operation that is gone is named as METHOD /path, with the base path.")
		}
		c.link(at+"/link", gone.Link)
	}
	c.versions()
	for i, k := range c.file.Product.LegacyKeys {
		at := "/product/legacy_keys/" + strconv.Itoa(i)
		c.oneOf(at+"/in", k.In, "bearer", "basic", "header", "query")
		named := k.In == "header" || k.In == "query"
		if k.In == "" || named != (k.Name != "") {
			c.say(at, "catalog.value", "A place of legacy keys needs `in`, and for header and query also `name`.")
		}
		if k.In == "header" && (!fieldName(k.Name) || strings.EqualFold(k.Name, "Authorization")) {
			c.say(at+"/name", "catalog.value", "Name a header other than Authorization; for that one say bearer or basic.")
		}
	}
}

func (c *checker) deprecation(at string, d *Deprecation) {
	if d == nil {
		return
	}
	before := func(a, b time.Time) bool { return !a.IsZero() && !b.IsZero() && a.Before(b) }
	if before(d.Sunset, d.Since) || before(d.Removed, d.Since) {
		c.say(at, "catalog.value", "It ends before it is deprecated: since comes first, then sunset and removed (RFC 9745 section 4).")
	}
	c.link(at+"/link", d.Link)
}

func (c *checker) link(at, link string) {
	if link == "" {
		return
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.ContainsAny(link, "<>\"\\^`{|} ,;") {
		c.say(at, "catalog.url", "An address of a page is expected here, such as https://example.com/changes.")
	}
}

func (c *checker) versions() {
	v, at := c.file.Versions, "/versions"
	if !v.Declared() {
		if v.Default != "" || v.Unpinned != "" || len(v.Offered) > 0 {
			c.say(at+"/header", "catalog.missing", "Say which header names the version.")
		}
		for name, o := range c.file.Operations {
			if len(o.RemovedIn) > 0 {
				c.say("/operations/"+name+"/removed_in", "catalog.unknown_name", "The file declares no versions.")
			}
		}
		return
	}
	if !fieldName(v.Header) || slices.Contains([]string{"authorization", "host", "connection", "cookie", "content-type", "content-length"}, strings.ToLower(v.Header)) {
		c.say(at+"/header", "catalog.value", "A header of its own is expected here, such as API-Version.")
	}
	known := map[string]bool{}
	for i, o := range v.Offered {
		at := at + "/offered/" + strconv.Itoa(i)
		if !fieldName(o.Name) || known[o.Name] {
			c.say(at+"/name", "catalog.value", "Every version has a name of its own of letters, digits, dots and hyphens.")
		}
		known[o.Name] = true
		c.deprecation(at+"/deprecated", o.Deprecated)
	}
	need := func(at, name string) {
		if !known[name] {
			c.say(at, "catalog.unknown_name", "There is no version of this name under `offered`.")
		}
	}
	need(at+"/default", v.Default)
	if v.Unpinned != "" {
		need(at+"/unpinned", v.Unpinned)
	}
	for i, o := range v.Offered {
		if o.Deprecated != nil && o.Deprecated.Use != "" {
			need(at+"/offered/"+strconv.Itoa(i)+"/deprecated/use", o.Deprecated.Use)
		}
	}
	for name, o := range c.file.Operations {
		for version := range o.RemovedIn {
			need("/operations/"+name+"/removed_in/"+version, version)
		}
	}
}

// fieldName reports whether s can be the name of a header (RFC 9110 section 5.6.2).
func fieldName(s string) bool {
	for _, r := range s {
		if r <= ' ' || r > '~' || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r) {
			return false
		}
	}
	return s != "" && len(s) <= 100
}
