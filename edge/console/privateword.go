package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/private"
)

// privateSayings are what the log says about private integrations.
var privateSayings = map[string]saying{
	"private_integration.create":         {"created the private integration", page.IconPlus, page.ToneGood},
	"private_integration.update":         {"changed the private integration", page.IconPencil, page.ToneInfo},
	"private_integration.token":          {"made a new token for", page.IconKey, page.ToneInfo},
	"private_integration.pause":          {"paused the private integration", page.IconClock, page.ToneWarn},
	"private_integration.resume":         {"resumed the private integration", page.IconZap, page.ToneGood},
	"private_integration.block":          {"stopped the private integration", page.IconShieldAlert, page.ToneBad},
	"private_integration.unblock":        {"lifted the stop of the private integration", page.IconShieldCheck, page.ToneGood},
	"private_integration.delete":         {"deleted the private integration", page.IconTrash, page.ToneBad},
	"private_integration.restore":        {"restored the private integration", page.IconUndo, page.ToneGood},
	"private_integration.finish":         {"ended for good the private integration", page.IconTrash, page.ToneBad},
	"private_integration.permit":         {"changed who may manage private integrations:", page.IconUserCog, page.ToneInfo},
	"private_integration.webhook_create": {"added a webhook to", page.IconWebhook, page.ToneGood},
	"private_integration.webhook_update": {"changed a webhook of", page.IconWebhook, page.ToneNeutral},
	"private_integration.webhook_delete": {"deleted a webhook of", page.IconWebhook, page.ToneWarn},
}

func privateState(s private.State) page.Badge {
	switch s {
	case private.Active:
		return page.Badge{Text: "Active", Tone: page.ToneGood, Dot: true}
	case private.Paused:
		return page.Badge{Text: "Paused", Tone: page.ToneWarn, Dot: true}
	case private.Blocked:
		return page.Badge{Text: "Stopped by the operator", Tone: page.ToneBad, Dot: true}
	}
	return page.Badge{Text: "Deleted", Dot: true}
}

// warned is a warning in words: short for a list, long with what to do.
type warned struct {
	Short, Title, Text string
	Tone               page.Tone
}

var warnings = map[private.Warning]warned{
	private.OwnerLeft:   {"Owner has left", "Nobody answers for it.", "Its owner is no longer in the account. Choose another one, so that notices reach somebody.", page.ToneWarn},
	private.Unused:      {"Not used for 30 days", "It has not called for 30 days.", "If nobody needs it any more, delete it: that can be undone for 30 days.", page.ToneInfo},
	private.NeverUsed:   {"Never used", "It has never called.", "Check that its token was put where it belongs, or delete it.", page.ToneInfo},
	private.RotationDue: {"Rotation is due", "Its token is older than you asked for.", "Rotate it: the old token goes on working for as long as you choose.", page.ToneWarn},
	private.ScopeGone:   {"A scope is gone", "The catalog no longer has one of its scopes.", "Edit the integration and choose its scopes anew.", page.ToneWarn},
	private.NoToken:     {"No token", "No token works.", "It can't call until you make a new token.", page.ToneWarn},
	private.HighRisk:    {"High risk, from anywhere", "It has a scope of high risk and may call from anywhere.", "If you know where it runs, name these networks: then a leaked token is of no use elsewhere.", page.ToneWarn},
}

// privateFieldWords name the fields of a difference.
var privateFieldWords = map[string]string{
	"name": "Name", "description": "Description", "owner": "Owner", "contact": "Contact", "networks": "Networks", "reach": "Child accounts",
	"life_days": "Each token ends after", "idle_days": "Disabled when unused for", "rotate_days": "Reminder to rotate after",
}

// privateValue puts one side of a changed field into words.
func privateValue(name, value string, names map[string]string) string {
	switch name {
	case "owner":
		if names[value] != "" {
			return names[value]
		}
		return "somebody who has left"
	case "networks":
		if value == "" {
			return "from anywhere"
		}
		return strings.ReplaceAll(value, " ", ", ")
	case "reach":
		return reachValue(value, names)
	case "life_days", "idle_days", "rotate_days":
		if value == "" {
			return map[string]string{"life_days": "never"}[name] + map[string]string{"idle_days": "as the account's policy says", "rotate_days": "as the account's policy says"}[name]
		}
		return value + " days"
	}
	if value == "" {
		return "nothing"
	}
	return value
}

func reachValue(value string, names map[string]string) string {
	switch value {
	case "all":
		return "all"
	case "self":
		return "none"
	}
	rest, future := strings.CutSuffix(strings.TrimPrefix(value, "list "), " and later ones")
	var words []string
	for _, id := range strings.Fields(rest) {
		name := names[id]
		if name == "" {
			name = "one that has left"
		}
		words = append(words, name)
	}
	if future {
		words = append(words, "those that come later")
	}
	return listed(words)
}

func dayOptions(is int, none string, choices ...int) []page.Option {
	out := []page.Option{{Value: "0", Text: none, Selected: is == 0}}
	if is > 0 && !slices.Contains(choices, is) {
		choices = append(choices, is)
		slices.Sort(choices)
	}
	for _, n := range choices {
		out = append(out, page.Option{Value: strconv.Itoa(n), Text: "After " + plural(n, "day"), Selected: is == n})
	}
	return out
}

func networkWords(ns grant.Networks) string {
	if len(ns) == 0 {
		return "From anywhere"
	}
	return strings.Join(ns.Strings(), ", ")
}

func endWords(days int) string {
	if days == 0 {
		return "Never by itself"
	}
	return plural(days, "day") + " after it was made"
}

func policyWords(days int) string {
	if days == 0 {
		return "As the account's policy says"
	}
	return "After " + plural(days, "day")
}

func restoreUntil(at time.Time) string {
	return at.Add(private.RestoreWithin).UTC().Format("2 January 2006")
}
