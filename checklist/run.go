package checklist

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/release"
)

// Run is what the machine found about a version.
type Run struct {
	Version string    `json:"version"`
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended,omitzero" doc:"Absent: the checks have never run"`
	By      string    `json:"-"` // an operator may have had it run
	Items   []Item    `json:"items" nullable:"false"`

	content string
}

// Fresh is how long a run counts when a version is handed in.
const Fresh = 24 * time.Hour

// runMost is how long a run can take; one that is older ended with its node.
const runMost = time.Minute

// running reports whether another run is under way.
func (r Run) running(now time.Time) bool {
	return r.Began.After(r.Ended) && now.Sub(r.Began) < runMost
}

// failing are the items that keep a version from being handed in.
func (r Run) failing() []Item {
	var out []Item
	for _, i := range r.Items {
		if i.Outcome == Failed {
			out = append(out, i)
		}
	}
	return out
}

// item finds one by its code.
func (r Run) item(code string) (Item, bool) {
	for _, i := range r.Items {
		if i.Code == code {
			return i, true
		}
	}
	return Item{}, false
}

// proven reports whether a run with the least role passed, and nothing is asked for
// that was not used.
func (r Run) proven() bool {
	role, _ := r.item(CodeRole)
	unused, _ := r.item(CodeUnused)
	return !r.Ended.IsZero() && role.Outcome == Passed && unused.Outcome == Passed
}

// stand is why a run does not count, or "".
func (r Run) stand(content string, now time.Time) release.Reason {
	switch {
	case r.Ended.IsZero():
		return release.Reason{Code: "checks_missing", Text: "The checks have not run yet. Run them."}
	case r.content != content:
		return release.Reason{Code: "checks_changed", Text: "Something has changed since the checks ran. Run them again."}
	case now.Sub(r.Ended) > Fresh:
		return release.Reason{Code: "checks_old", Text: "The checks ran more than a day ago. Run them again."}
	}
	return release.Reason{}
}

// content is everything of a version that a run looks at and that its developers can
// change, as one fingerprint. Their domains and what was called are not part of it.
func (f *facts) content() (string, error) {
	digest := ""
	if f.packed != nil {
		digest = f.packed.Digest
	}
	served := make([]string, len(f.endpoints))
	for i, e := range f.endpoints {
		served[i] = e.ID.String() + " " + e.URL + " " + string(e.State)
	}
	v := f.version
	text, err := json.Marshal([]any{v.ID, v.Number, v.Required, v.Optional, v.Delegation, v.Events, v.Listing, v.UserName, v.RoleName, digest,
		f.client.RedirectURIs, f.application.Name, f.application.Description, f.application.Group, f.links, f.docs, f.reasonsAsked(), served})
	if err != nil {
		return "", problem.Internal("checklist.content", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

// reasonsAsked are those about scopes that the version asks for.
func (f *facts) reasonsAsked() map[string]string {
	out := map[string]string{}
	for _, s := range f.version.Scopes() {
		if r := f.reasons[s]; r != "" {
			out[s] = r
		}
	}
	return out
}
