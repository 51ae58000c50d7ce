package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// accepts reports whether the Accept header leaves room for one of the media
// types that an operation answers with (RFC 9110 section 12.5.1). An operation
// that declares none, because it streams or has no body, answers anybody.
func accepts(h http.Header, op *huma.Operation) bool {
	ranges := strings.Join(h.Values("Accept"), ",")
	if strings.TrimSpace(ranges) == "" {
		return true
	}
	offered := answerTypes(op)
	for _, kind := range offered {
		if acceptable(ranges, kind) {
			return true
		}
	}
	return len(offered) == 0
}

// answerTypes lists the media types of an operation's success.
func answerTypes(op *huma.Operation) []string {
	var out []string
	for status, res := range op.Responses {
		if strings.HasPrefix(status, "2") {
			for kind := range res.Content {
				out = append(out, kind)
			}
		}
	}
	return out
}

// acceptable applies the most specific range that matches kind.
func acceptable(ranges, kind string) bool {
	best, ok := -1, false
	for item := range strings.SplitSeq(ranges, ",") {
		name, params, _ := strings.Cut(item, ";")
		rank := rankOf(strings.ToLower(strings.TrimSpace(name)), kind)
		if rank > best {
			best, ok = rank, quality(params) > 0
		} else if rank == best && rank >= 0 {
			ok = ok || quality(params) > 0
		}
	}
	return ok
}

// rankOf tells how specifically a range names kind; -1: not at all. Who asks for
// problem documents takes the JSON they come from.
func rankOf(name, kind string) int {
	family, _, _ := strings.Cut(kind, "/")
	switch {
	case name == kind || name == problemType && kind == jsonType:
		return 2
	case name == family+"/*":
		return 1
	case name == "*/*":
		return 0
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
