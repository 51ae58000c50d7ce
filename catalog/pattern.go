package catalog

import "strings"

// under reports whether a route template fits a pattern of segments: * is one segment, ** any number, also none.
func under(pattern, template string) bool {
	return fits(strings.Split(pattern, "/"), strings.Split(template, "/"))
}

func fits(pattern, segments []string) bool {
	for i, p := range pattern {
		if p == "**" {
			rest := pattern[i+1:]
			for j := i; j <= len(segments); j++ {
				if fits(rest, segments[j:]) {
					return true
				}
			}
			return false
		}
		if i >= len(segments) || p != "*" && p != segments[i] {
			return false
		}
	}
	return len(pattern) == len(segments)
}
