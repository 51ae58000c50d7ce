package web

import (
	"net/http"
	"strconv"
	"strings"
)

// acceptsJSON reports whether the Accept header leaves room for JSON answers
// (RFC 9110 section 12.5.1). The most specific range that matches decides.
func acceptsJSON(h http.Header) bool {
	ranges := strings.Join(h.Values("Accept"), ",")
	if strings.TrimSpace(ranges) == "" {
		return true
	}
	best, ok := -1, false
	for item := range strings.SplitSeq(ranges, ",") {
		kind, params, _ := strings.Cut(item, ";")
		rank := rankOf(strings.ToLower(strings.TrimSpace(kind)))
		if rank > best {
			best, ok = rank, quality(params) > 0
		} else if rank == best && rank >= 0 {
			ok = ok || quality(params) > 0
		}
	}
	return ok
}

func rankOf(kind string) int {
	switch kind {
	case "*/*":
		return 0
	case "application/*":
		return 1
	case "application/json", "application/problem+json":
		return 2
	}
	return -1
}

func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		q, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0
		}
		return q
	}
	return 1
}
