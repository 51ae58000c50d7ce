package console

import (
	"strings"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/usage"
)

// stateBadge says how an installation stands.
func stateBadge(s integration.State) page.Badge {
	switch s {
	case integration.Active:
		return page.Badge{Text: "Active", Tone: page.ToneGood, Dot: true}
	case integration.Pending:
		return page.Badge{Text: "Being set up", Tone: page.ToneWarn, Dot: true}
	case integration.Failed:
		return page.Badge{Text: "Setup failed", Tone: page.ToneBad, Dot: true}
	case integration.Unavailable:
		return page.Badge{Text: "Switched off", Tone: page.ToneWarn, Dot: true}
	case integration.BlockedByDeveloper:
		return page.Badge{Text: "Blocked by the developer", Tone: page.ToneBad, Dot: true}
	case integration.BlockedByOperator:
		return page.Badge{Text: "Blocked by the operator", Tone: page.ToneBad, Dot: true}
	case integration.BlockedByAccount:
		return page.Badge{Text: "Stopped by a rule", Tone: page.ToneBad, Dot: true}
	}
	return page.Badge{Text: "Removed", Dot: true}
}

// riskBadge says how much a scope can do.
func riskBadge(risk string) page.Badge {
	switch risk {
	case "low":
		return page.Badge{Text: "Low risk", Tone: page.ToneGood}
	case "high":
		return page.Badge{Text: "High risk", Tone: page.ToneBad}
	}
	return page.Badge{Text: "Medium risk", Tone: page.ToneWarn}
}

// delegationWords name the choices of end-user access.
var delegationWords = map[string]string{"off": "Off", "consent": "With consent", "trusted": "Trusted"}

// delegationTexts explain them.
var delegationTexts = map[string]string{
	"off":     "It acts only as its own integration user. It never acts in the name of a person.",
	"consent": "It may also act in the name of a person who uses it, after asking that person once. It can then do no more than the person may.",
	"trusted": "It may act in the name of any person who signs in through it, and nobody is asked. Choose this only for software that you run yourself.",
}

// listed joins words as a sentence does: "a, b and c".
func listed(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

// plural counts a noun: "1 role", "3 roles".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return page.Count(int64(n)) + " " + noun + "s"
}

// fieldFault is one finding that the page itself makes.
func fieldFault(pointer, detail string) []problem.Field {
	return []problem.Field{{Pointer: pointer, Code: "invalid", Detail: detail}}
}

// outcomeShort says in two or three words why a call did not pass.
var outcomeShort = map[usage.Outcome]string{
	usage.InvalidToken: "invalid token", usage.MissingCredential: "no token", usage.RateLimited: "too fast", usage.QuotaExceeded: "quota used up",
	usage.PermissionDenied: "not in the role", usage.ScopeMissing: "permission missing", usage.NotInstalled: "not installed",
	usage.InstallationDisabled: "switched off", usage.Blocked: "blocked", usage.RevokedKey: "revoked", usage.OperationUnmapped: "not offered",
	usage.NotFound: "not found", usage.ProductError: "product failed", usage.Malformed: "malformed", usage.OperationRemoved: "removed", usage.NetworkDenied: "wrong network", usage.Unavailable: "not decided",
}
