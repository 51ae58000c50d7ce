package page

import "strconv"

// Tone is the colour of a statement. It never carries meaning alone: the words say it too.
type Tone string

const (
	ToneNeutral Tone = "neutral"
	ToneInfo    Tone = "info"
	ToneGood    Tone = "good"
	ToneWarn    Tone = "warn"
	ToneBad     Tone = "bad"
)

func (t Tone) name() string {
	if t == "" {
		return string(ToneNeutral)
	}
	return string(t)
}

func (t Tone) icon() Icon {
	switch t {
	case ToneGood:
		return IconCircleCheck
	case ToneWarn:
		return IconWarning
	case ToneBad:
		return IconAlert
	}
	return IconInfo
}

// Count writes a number with thousands separated: 10000 becomes "10,000".
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
