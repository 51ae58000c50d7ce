package checklist

import (
	"fmt"
	"slices"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/usage"
	"github.com/guestright/guestright/webhook"
)

// The kinds of proofs.
const (
	proofThrottled = "throttled"
	proofRevoked   = "revoked"
)

// Proof is something that was seen once and is kept, since the counts it was drawn
// from are not kept for long.
type Proof struct {
	Kind      string
	Account   string
	Refused   time.Time
	Recovered time.Time
}

// better reports whether a proof says more than another: that it went on, or it is
// the later one.
func (p Proof) better(than Proof) bool {
	if went, had := !p.Recovered.IsZero(), !than.Recovered.IsZero(); went != had {
		return went
	}
	return p.Refused.After(than.Refused)
}

// proofLasts is how long a proof counts.
const proofLasts = 180 * 24 * time.Hour

const minute = "2 January 2006, 15:04 UTC"

func (f *facts) survived(code, kind, simulate, what string) Item {
	if !f.calls() {
		return skipped(code, asksNothing)
	}
	p, ok := f.proofs[kind]
	how := "In a sandbox, send the header X-Simulate: " + simulate + " with one call, and let it go on for more than a minute. Then run the checks again within three days; what was seen is kept."
	switch {
	case !ok:
		return item(code, Failed, "It has not met "+what+" in a sandbox yet.", how)
	case p.Recovered.IsZero():
		return item(code, Failed, "It met "+what+", and nothing has passed since.", "Have it wait as Retry-After says, or get a new token, and try again. "+how,
			"refused at "+p.Refused.UTC().Format(minute))
	}
	return item(code, Passed, "It met "+what+", and went on.", "", "refused at "+p.Refused.UTC().Format(minute)+", a call passed at "+p.Recovered.UTC().Format(minute))
}

func (f *facts) throttled() Item {
	return f.survived(CodeThrottled, proofThrottled, "rate_limited", "a limit (429)")
}

func (f *facts) revoked() Item {
	return f.survived(CodeRevoked, proofRevoked, "revoked_key", "a revoked token (401)")
}

func (f *facts) signatures() Item {
	if i, off := f.unprobed(); off {
		return i
	}
	if len(f.probed) == 0 {
		if len(f.version.Events) == 0 {
			return skipped(CodeSignature, "It hears of no events.")
		}
		return item(CodeSignature, Look, "It wants events and has no server that gets them: it may fetch them itself.", "If it has a server for events, add it under Webhooks.")
	}
	var bad, good []string
	for _, p := range f.probed {
		switch {
		case webhook.Taken(p.Wrong):
			bad = append(bad, p.URL+": took an event that was signed with a wrong key")
		case p.Checks():
			good = append(good, fmt.Sprintf("%s: refused a wrong signature with %d, took a right one with %d", p.URL, p.Wrong.Status, p.Right.Status))
		case !webhook.Taken(p.Right):
			bad = append(bad, p.URL+": did not take an event that was signed rightly ("+said(p.Right)+")")
		default:
			bad = append(bad, p.URL+": a wrong signature was not refused with 4xx ("+said(p.Wrong)+")")
		}
	}
	if bad != nil {
		return item(CodeSignature, Failed, "A server does not tell a right signature from a wrong one.", "Verify Webhook-Signature before you believe anything, and answer 401 when it is wrong. The guide for developers shows how, under Events.", bad...)
	}
	return item(CodeSignature, Passed, "Wrong signatures are refused, right ones are taken.", "", good...)
}

// unprobed says which servers could not be tested.
func (f *facts) unprobed() (Item, bool) {
	var off []string
	on := 0
	for _, e := range f.endpoints {
		if e.State == webhook.Enabled {
			on++
			continue
		}
		off = append(off, e.URL+": is switched off")
	}
	switch {
	case off != nil:
		return item(CodeSignature, Failed, "Servers that are switched off could not be tested.", "Switch them on for the run, or remove them.", off...), true
	case on > webhook.ProbedMost:
		return item(CodeSignature, Failed, "It has more servers for events than can be tested at one time: at most 5.", "Remove those that you do not need."), true
	}
	return Item{}, false
}

// after removal, for this long, a call may still be on its way; counts are by the hour.
const afterwards = time.Hour

func (f *facts) removed() Item {
	t, removed := f.latestRemoved()
	if !removed {
		return item(CodeRemoved, Failed, "It has not been removed from a sandbox yet.", "Install it in a sandbox of your group and remove it there.")
	}
	line := "installation " + t.ID.String() + " was removed at " + t.RemovedAt.UTC().Format(minute)
	late := slices.ContainsFunc(f.uses, func(u usage.Use) bool { return u.Grant == t.Grant && u.Last.After(t.RemovedAt.Add(afterwards)) })
	switch {
	case !t.Ended:
		return item(CodeRemoved, Failed, "Something went on after it was removed.", "Tell the operator: the grant should have ended.", line+", and its grant still stands")
	case late:
		return item(CodeRemoved, Failed, "Something went on after it was removed.", "Stop calling when the token is refused, or when the event of the removal arrives. Then install and remove it once more.", line+", and it went on calling for more than an hour")
	}
	return item(CodeRemoved, Passed, "Removing it ended everything.", "", line+"; its grant and tokens have ended, and no call has come more than an hour later")
}

// latestRemoved is the installation that was removed last; none: nothing was. A fault
// of before may be mended, and a good end of before says nothing about today.
func (f *facts) latestRemoved() (last integration.Tried, found bool) {
	for _, t := range f.tried {
		if t.RemovedAt.After(last.RemovedAt) {
			last, found = t, true
		}
	}
	return last, found
}

func (f *facts) keyed() Item {
	var old, fresh []string
	for _, k := range f.keys {
		if !k.Usable(f.now) {
			continue
		}
		line := k.Label + " (" + k.ClientID + "), made on " + k.Created.UTC().Format("2 January 2006")
		if f.now.Sub(k.Created) > f.keyAge {
			old = append(old, line)
			continue
		}
		fresh = append(fresh, line)
	}
	days := counted(int(f.keyAge/(24*time.Hour)), "day", "days")
	switch {
	case old != nil:
		return item(CodeKeys, Failed, "A key is older than "+days+".", "Rotate it: the old one can live on for a while beside the new one.", old...)
	case fresh != nil:
		return item(CodeKeys, Passed, "No key is older than "+days+".", "", fresh...)
	case f.client.AuthMethod == application.AuthJWT:
		return skipped(CodeKeys, "It proves who it is with a key of its own.")
	}
	return skipped(CodeKeys, "It has no key.")
}
