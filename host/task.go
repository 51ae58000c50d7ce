package host

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a Task.
type ID = ident.ID[Task]

// State of a Task.
type State string

// The states.
const (
	Waiting State = "waiting"
	Taken   State = "taken"
	Done    State = "done"
	Failed  State = "failed"
)

// Task is something that the product is asked to do.
type Task struct {
	ID         ID              `json:"id" doc:"The same however often it is given out: remember it to do things once"`
	Kind       string          `json:"kind" doc:"What is to be done, such as trigger.fire"`
	Account    string          `json:"account" doc:"Id of the account"`
	AccountKey string          `json:"account_key" doc:"The product's own key of the account"`
	Subject    string          `json:"subject,omitempty" doc:"The resource that it is about, such as proj/web:env/production:flag/dark-mode"`
	Data       json.RawMessage `json:"data,omitempty" doc:"What the kind needs besides"`
	Reference  string          `json:"reference,omitempty" doc:"Who asks, such as trigger/trg_…"`
	Key        string          `json:"key,omitempty" doc:"Tasks of the account with one key are given out one after another"`
	State      State           `json:"state" enum:"waiting,taken,done,failed"`
	Attempts   int             `json:"attempts" doc:"How often it was given out"`
	Created    time.Time       `json:"created"`
	Due        time.Time       `json:"due,omitzero" doc:"Of one that waits: when it is given out at the earliest. Of one that is taken: until when nobody else gets it"`
	Expires    time.Time       `json:"expires" doc:"Given out no more after that"`
	Closed     time.Time       `json:"closed,omitzero" doc:"When it was done or failed"`
	Result     json.RawMessage `json:"result,omitempty" doc:"What the product says"`
	Fault      string          `json:"fault,omitempty" doc:"Why it, or the last attempt, failed"`

	n   int64
	was time.Time // Due as it is stored, which settles who may change it
}

// IDPrefix implements ident.Named.
func (Task) IDPrefix() string { return "tsk" }

// Draft is what somebody asks for.
type Draft struct {
	Kind      string
	Account   string // id
	Subject   string
	Data      json.RawMessage // a JSON value; {} when empty
	Reference string
	Key       string
	Expires   time.Time // zero: in a week
}

const (
	// DataMost is how much a task may carry, in bytes: what is larger goes as
	// several tasks with one key.
	DataMost = 256 << 10
	// ResultMost is how large what the product says may be, in bytes.
	ResultMost = 4 << 20

	attemptsMost = 24
	lifeDefault  = 7 * 24 * time.Hour
	leaseDefault = time.Minute
	keyMost      = 200
	subjectMost  = 1000
)

// check judges a draft.
func (d Draft) check() error {
	var f []problem.Field
	say := func(bad bool, pointer, code, detail string) {
		if bad {
			f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
		}
	}
	say(!kindOK(d.Kind), "/kind", "malformed", "Two or more words of a-z and _ with points between them, such as trigger.fire.")
	say(d.Account == "", "/account", "required", "A task is one account's.")
	say(len(d.Reference) > keyMost || !plain(d.Reference), "/reference", "malformed", "At most 200 printable ASCII characters without spaces.")
	say(len(d.Key) > keyMost || !plain(d.Key), "/key", "malformed", "At most 200 printable ASCII characters without spaces.")
	say(len(d.Data) > DataMost, "/data", "too_large", "At most "+strconv.Itoa(DataMost>>10)+" KiB.")
	say(len(d.Data) > 0 && len(d.Data) <= DataMost && !json.Valid(d.Data), "/data", "malformed", "That is not JSON.")
	if d.Subject != "" {
		_, err := access.ParseResource(d.Subject)
		say(err != nil || len(d.Subject) > subjectMost || strings.Contains(d.Subject, ";"), "/subject", "malformed", "Write the resource like proj/web:flag/dark-mode, without tags.")
	}
	if len(f) > 0 {
		return problem.Invalid("task_invalid", "The product cannot be asked for this.", f...)
	}
	return nil
}

// kindOK reports whether text names a kind.
func kindOK(text string) bool {
	words := strings.Split(text, ".")
	for _, w := range words {
		if w == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return false
		}
	}
	return len(words) > 1 && len(text) <= 60
}

func plain(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < 0x21 || r > 0x7e })
}

// task is what is stored of a draft.
func (d Draft) task(now time.Time) Task {
	t := Task{ID: ident.New[Task](now), Kind: d.Kind, Account: d.Account, Subject: d.Subject, Data: d.Data, Reference: d.Reference, Key: d.Key,
		State: Waiting, Created: now, Due: now, Expires: d.Expires}
	if len(t.Data) == 0 {
		t.Data = json.RawMessage("{}")
	}
	if t.Expires.IsZero() {
		t.Expires = now.Add(lifeDefault)
	}
	return t
}

// open reports whether it is still to be done.
func (t *Task) open() bool { return t.State == Waiting || t.State == Taken }

// close ends it.
func (t *Task) close(now time.Time, s State) {
	t.State, t.Closed, t.Due = s, now, time.Time{}
}

// done notes that the product has done it. It tells whether that is news. Error:
// Conflict `task_closed`, when it has failed for good.
func (t *Task) done(now time.Time, result json.RawMessage) (bool, error) {
	switch {
	case t.State == Done:
		return false, nil
	case t.State == Failed:
		return false, errClosed("It has failed for good already.")
	}
	t.close(now, Done)
	t.Result, t.Fault = result, ""
	return true, nil
}

// Failure is why a task was not done.
type Failure struct {
	Detail  string
	Retry   bool          // it may be tried again
	After   time.Duration // not before
	Attempt int           // which attempt failed; 0: the last
}

// fail notes that an attempt has failed. It tells whether that is news: what an
// attempt says that another has overtaken is none. Error: Conflict `task_closed`,
// when it is done.
func (t *Task) fail(now time.Time, f Failure) (bool, error) {
	switch {
	case t.State == Done:
		return false, errClosed("It is done already.")
	case t.State == Failed, t.State == Waiting && t.Attempts > 0, f.Attempt != 0 && f.Attempt != t.Attempts:
		return false, nil
	}
	t.Fault = problem.Words(f.Detail)
	if !f.Retry || t.Attempts >= attemptsMost {
		t.close(now, Failed)
		return true, nil
	}
	t.State, t.Due = Waiting, now.Add(max(backoff(t.Attempts), f.After))
	return true, nil
}

// overdue ends a task that is not given out any more: given out as often as may
// be without an answer, or too old.
func (t *Task) overdue(now time.Time) bool {
	switch {
	case t.open() && !t.Expires.After(now):
		t.Fault = strings.TrimSpace("It was not done in time. " + t.Fault)
	case t.open() && t.Attempts >= attemptsMost && !t.Due.After(now):
		t.Fault = "It was given out " + strconv.Itoa(attemptsMost) + " times, and nobody said what became of it."
	default:
		return false
	}
	t.close(now, Failed)
	return true
}

// again has a task that failed for good given out anew. Error: Conflict
// `task_not_failed`.
func (t *Task) again(now time.Time) error {
	if t.State != Failed {
		return problem.Conflict("task_not_failed", "Only a task that has failed for good is asked for again.")
	}
	t.State, t.Due, t.Closed, t.Attempts, t.Fault = Waiting, now, time.Time{}, 0, ""
	t.Expires = now.Add(lifeDefault)
	return nil
}

func errClosed(detail string) error { return problem.Conflict("task_closed", detail) }

// ladder is how long after an attempt the next follows at the least; the last
// holds for all further ones: 24 attempts take about 20 hours.
var ladder = [...]time.Duration{5 * time.Second, 15 * time.Second, 45 * time.Second, 2 * time.Minute, 7 * time.Minute, 20 * time.Minute, time.Hour}

// backoff is how long to wait after so many attempts, of which up to a quarter is
// random, so that what failed together does not come back together.
func backoff(attempts int) time.Duration {
	d := ladder[min(max(attempts-1, 0), len(ladder)-1)]
	return d + rand.N(d/4)
}
