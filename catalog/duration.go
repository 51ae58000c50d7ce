package catalog

import (
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/guestright/guestright/kit/problem"
)

// Duration is a time span written as in Go, or as a number of days such as "30d".
type Duration time.Duration

// UnmarshalYAML reads the written form.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := parseDuration(n.Value)
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes what UnmarshalYAML reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String writes whole days as "30d" and everything else as Go does.
func (d Duration) String() string {
	const day = 24 * time.Hour
	if d != 0 && time.Duration(d)%day == 0 {
		return strconv.FormatInt(int64(time.Duration(d)/day), 10) + "d"
	}
	return time.Duration(d).String()
}

func parseDuration(s string) (time.Duration, error) {
	refuse := problem.Invalid("catalog.duration", `A time span is written like "10s", "24h" or "30d".`)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, refuse
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return 0, refuse
	}
	return v, nil
}

func (d Duration) span() time.Duration { return time.Duration(d) }

// Period is what calls are counted in: a time span, or the calendar month (UTC), written "month".
type Period time.Duration

// Month is the calendar month.
const Month = Period(-1)

// UnmarshalYAML reads the written form.
func (p *Period) UnmarshalYAML(n *yaml.Node) error {
	if n.Value == "month" {
		*p = Month
		return nil
	}
	v, err := parseDuration(n.Value)
	if err != nil {
		return problem.Invalid("catalog.duration", `A period is written like "10s", "24h" or "30d", or is "month".`)
	}
	*p = Period(v)
	return nil
}

// MarshalText writes what UnmarshalYAML reads.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

func (p Period) String() string {
	if p == Month {
		return "month"
	}
	return Duration(p).String()
}
