package host

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func TestDraftsAreJudged(t *testing.T) {
	t.Parallel()
	good := Draft{Kind: "trigger.fire", Account: "acc_1", Subject: "proj/web:env/production:flag/x", Data: json.RawMessage(`{"a":1}`), Reference: "trigger/trg_1", Key: "trigger/trg_1"}
	for name, c := range map[string]struct {
		change func(*Draft)
		want   string
	}{
		"good":             {func(*Draft) {}, ""},
		"nothing but kind": {func(d *Draft) { *d = Draft{Kind: "a.b", Account: "acc_1"} }, ""},
		"three words":      {func(d *Draft) { d.Kind = "membership.sync_batch.add" }, ""},
		"no kind":          {func(d *Draft) { d.Kind = "" }, "/kind"},
		"one word":         {func(d *Draft) { d.Kind = "fire" }, "/kind"},
		"an empty word":    {func(d *Draft) { d.Kind = "trigger." }, "/kind"},
		"capitals":         {func(d *Draft) { d.Kind = "trigger.Fire" }, "/kind"},
		"a long kind":      {func(d *Draft) { d.Kind = "a." + strings.Repeat("b", 59) }, "/kind"},
		"no account":       {func(d *Draft) { d.Account = "" }, "/account"},
		"spaces":           {func(d *Draft) { d.Key = "a b" }, "/key"},
		"a long reference": {func(d *Draft) { d.Reference = strings.Repeat("r", 201) }, "/reference"},
		"the largest data": {func(d *Draft) { d.Data = json.RawMessage(`"` + strings.Repeat("x", DataMost-2) + `"`) }, ""},
		"larger data":      {func(d *Draft) { d.Data = json.RawMessage(`"` + strings.Repeat("x", DataMost-1) + `"`) }, "/data"},
		"no JSON":          {func(d *Draft) { d.Data = json.RawMessage(`{`) }, "/data"},
		"no resource":      {func(d *Draft) { d.Subject = "proj/web:" }, "/subject"},
		"tags":             {func(d *Draft) { d.Subject = "proj/web;beta" }, "/subject"},
	} {
		d := good
		c.change(&d)
		got := ""
		if err := d.check(); err != nil {
			got = problem.Of(err).Fields[0].Pointer
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What becomes of a task by what the product says of it.
func TestAnswersOfTheProduct(t *testing.T) {
	t.Parallel()
	const attempt = 3
	for name, c := range map[string]struct {
		state State
		say   func(*Task) (bool, error)
		want  State
		news  bool
		code  string
	}{
		"done":                     {Taken, finish, Done, true, ""},
		"done after the lease":     {Waiting, finish, Done, true, ""},
		"done twice":               {Done, finish, Done, false, ""},
		"done, but failed":         {Failed, finish, Failed, false, "task_closed"},
		"failed, again later":      {Taken, fails(Failure{Retry: true}), Waiting, true, ""},
		"failed for good":          {Taken, fails(Failure{}), Failed, true, ""},
		"failed twice":             {Waiting, fails(Failure{Retry: true}), Waiting, false, ""},
		"failed for good twice":    {Failed, fails(Failure{}), Failed, false, ""},
		"failed, but done":         {Done, fails(Failure{}), Done, false, "task_closed"},
		"this attempt failed":      {Taken, fails(Failure{Attempt: attempt}), Failed, true, ""},
		"an older one failed":      {Taken, fails(Failure{Attempt: attempt - 1}), Taken, false, ""},
		"one that nobody made did": {Taken, fails(Failure{Attempt: attempt + 1}), Taken, false, ""},
	} {
		one := &Task{State: c.state, Attempts: attempt, Due: monday.Add(time.Minute)}
		news, err := c.say(one)
		if one.State != c.want || news != c.news || problem.CodeOf(err) != c.code {
			t.Errorf("%s: %s %v %v", name, one.State, news, err)
		}
		if closed := one.State == Done || one.State == Failed; news && (closed != one.Due.IsZero() || closed != one.Closed.Equal(monday)) {
			t.Errorf("%s: due %s, closed %s", name, one.Due, one.Closed)
		}
	}
}

func finish(t *Task) (bool, error) { return t.done(monday, nil) }

func fails(f Failure) func(*Task) (bool, error) {
	return func(t *Task) (bool, error) { return t.fail(monday, f) }
}

// The pauses grow from five seconds to an hour; after 24 attempts, within a day,
// it is over.
func TestAttemptsEndWithinADay(t *testing.T) {
	t.Parallel()
	one, now := Task{State: Waiting, Due: monday, Expires: monday.Add(lifeDefault)}, monday
	for one.open() {
		now = one.Due
		one.State = Taken
		one.Attempts++
		if _, err := one.fail(now, Failure{Detail: "no\n\x00luck", Retry: true}); err != nil {
			t.Fatal(err)
		}
		if pause := one.Due.Sub(now); one.open() && (pause < 5*time.Second || pause > 75*time.Minute) {
			t.Fatalf("after attempt %d: %s", one.Attempts, pause)
		}
	}
	if total := now.Sub(monday); one.Attempts != 24 || one.State != Failed || one.Fault != "no luck" || total < 16*time.Hour || total > 24*time.Hour {
		t.Errorf("%d attempts in %s: %+v", one.Attempts, total, one)
	}
	one = Task{State: Taken, Attempts: 1}
	_, _ = one.fail(monday, Failure{Retry: true, After: 2 * time.Hour})
	if one.Due.Sub(monday) != 2*time.Hour {
		t.Errorf("due %s", one.Due)
	}
}

func TestOverdueTasksEnd(t *testing.T) {
	t.Parallel()
	late, soon := monday.Add(-time.Second), monday.Add(time.Second)
	for name, c := range map[string]struct {
		one  Task
		want string
	}{
		"fresh":                  {Task{State: Waiting, Due: late, Expires: soon}, ""},
		"too old":                {Task{State: Waiting, Due: late, Expires: monday, Fault: "The product could not be reached."}, "It was not done in time. The product could not be reached."},
		"too old, and out":       {Task{State: Taken, Due: late, Expires: monday}, "It was not done in time."},
		"the last attempt":       {Task{State: Taken, Attempts: 24, Due: soon, Expires: soon}, ""},
		"nobody answers for it":  {Task{State: Taken, Attempts: 24, Due: late, Expires: soon}, "It was given out 24 times, and nobody said what became of it."},
		"done a long time since": {Task{State: Done, Expires: late}, ""},
	} {
		was := c.one.Fault
		ended := c.one.overdue(monday)
		if ended != (c.want != "") || ended && (c.one.State != Failed || c.one.Fault != c.want) || !ended && c.one.Fault != was {
			t.Errorf("%s: %v %+v", name, ended, c.one)
		}
	}
}

func TestOnlyFailedTasksAreAskedForAgain(t *testing.T) {
	t.Parallel()
	for _, s := range []State{Waiting, Taken, Done} {
		if err := (&Task{State: s}).again(monday); problem.CodeOf(err) != "task_not_failed" {
			t.Errorf("%s: %v", s, err)
		}
	}
	one := Task{State: Failed, Attempts: 24, Fault: "x", Closed: monday.Add(-time.Hour)}
	if err := one.again(monday); err != nil || one.State != Waiting || one.Attempts != 0 || one.Fault != "" || !one.Closed.IsZero() || !one.Due.Equal(monday) || !one.Expires.After(monday) {
		t.Errorf("%v %+v", err, one)
	}
}

type timeout struct{ error }

func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return false }

// What a call's answer means.
func TestAnswersOfCalls(t *testing.T) {
	t.Parallel()
	const detail = `{"detail":"No such\nflag."}`
	for name, c := range map[string]struct {
		a      answer
		result string
		fault  string // "": done
		retry  bool
		after  time.Duration
	}{
		"200 with JSON":     {answer{status: 200, body: []byte(`{"a":1}`)}, `{"a":1}`, "", false, 0},
		"200 with a page":   {answer{status: 200, body: []byte(`<html>`)}, "", "", false, 0},
		"204":               {answer{status: 204}, "", "", false, 0},
		"202":               {answer{status: 202, body: []byte(`1`)}, "1", "", false, 0},
		"cut off":           {answer{status: 200, body: []byte(`{"a`), err: http.ErrBodyReadAfterClose}, "", "The product's answer broke off.", true, 0},
		"much too much":     {answer{status: 200, body: make([]byte, ResultMost+1)}, "", "The product's answer is larger than 4 MiB.", false, 0},
		"no answer":         {answer{err: errors.New("refused")}, "", "The product could not be reached.", true, 0},
		"no answer in time": {answer{err: timeout{errors.New("late")}}, "", "The product did not answer in time.", true, 0},
		"a redirect":        {answer{status: 307}, "", "The product answered with status 307.", true, 0},
		"404":               {answer{status: 404, body: []byte(detail)}, "", "The product answered with status 404. It says: No such flag.", false, 0},
		"422":               {answer{status: 422, after: "60"}, "", "The product answered with status 422.", false, 0},
		"401":               {answer{status: 401}, "", "The product answered with status 401.", true, 0},
		"408":               {answer{status: 408}, "", "The product answered with status 408.", true, 0},
		"425":               {answer{status: 425}, "", "The product answered with status 425.", true, 0},
		"429":               {answer{status: 429, after: "60"}, "", "The product answered with status 429.", true, time.Minute},
		"500":               {answer{status: 500, body: []byte(detail)}, "", "The product answered with status 500. It says: No such flag.", true, 0},
		"503":               {answer{status: 503, after: "Mon, 02 Mar 2026 10:05:00 GMT"}, "", "The product answered with status 503.", true, 5 * time.Minute},
	} {
		result, f, done := c.a.judge(monday)
		if string(result) != c.result || done != (c.fault == "") || f.Detail != c.fault || f.Retry != c.retry || f.After != c.after {
			t.Errorf("%s: %q %+v %v", name, result, f, done)
		}
	}
}
