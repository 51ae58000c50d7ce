package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Events come to a server on the developer's machine, signed with the secret that
// is shown, one line for each with what it answered; Ctrl-C is a clean end.
func TestListenForwardsEvents(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.happens("flag.created", "before")
	l := d.listens(d.URL)
	d.learns(l.says("Signing secret"))
	l.says("Listening for all events", "behind number", "Ctrl-C")
	d.happens("flag.created", "one")
	if got := d.next(); got != "one" {
		t.Fatalf("%s came", got)
	}
	l.says("flag.created", "evt_", "204 No Content", " ms")
	d.happens("flag.turned_on", "bad", "two")
	if got := []string{d.next(), d.next()}; !slices.Equal(got, []string{"bad", "two"}) {
		t.Fatalf("%v came", got)
	}
	l.says("flag.turned_on", "500 Internal Server Error")
	last := strings.Fields(l.says("flag.turned_on", "204"))[1]
	if code := l.interrupted(); code != 0 {
		t.Errorf("Ctrl-C ends with %d", code)
	}
	l.says("Ended behind number " + last)

	// Scripts go on from there, with a secret of their own.
	d.happens("flag.created", "while away")
	again := d.listens(d.URL, "--json", "--after", last, "--secret", d.secret)
	if got := d.next(); got != "while away" {
		t.Fatalf("%s came", got)
	}
	var h happening
	if err := json.Unmarshal([]byte(again.says(`"listening"`)), &h); err != nil || h.Secret != d.secret || strconv.FormatInt(*h.After, 10) != last {
		t.Errorf("%+v %v", h, err)
	}
	if err := json.Unmarshal([]byte(again.says(`"event"`)), &h); err != nil || h.Type != "flag.created" || h.Status != http.StatusNoContent || h.Sequence <= *h.After || h.Took <= 0 || h.At == "" {
		t.Errorf("%+v %v", h, err)
	}
	if code := again.interrupted(); code != 0 {
		t.Errorf("Ctrl-C ends with %d", code)
	}
	again.says(`"ended"`, strconv.FormatInt(h.Sequence, 10))
}

// A connection that is cut in the middle of what happens costs no event and
// brings none twice.
func TestListenLosesNothingWhenItIsCut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	way := newRoad(t, d.URL)
	l := d.listens(way.URL, "--types", "flag.*") // what the platform says of itself may come late
	d.learns(l.says("Signing secret"))
	l.says("Listening")
	var want, got []string
	for round := range 3 {
		name := func(what string) string { return what + strconv.Itoa(round) }
		want = append(want, name("on"), name("cut"), name("down"))
		d.happens("flag.created", name("on"))
		got = append(got, d.next())
		way.cut()
		d.happens("flag.created", name("cut"))
		l.says("connection", "again in 1s")
		d.happens("flag.created", name("down"))
		way.mend()
		got = append(got, d.next(), d.next())
	}
	d.happens("flag.created", "last")
	if got, want = append(got, d.next()), append(want, "last"); !slices.Equal(got, want) {
		t.Errorf("%v came, not %v", got, want)
	}
	if len(d.came) != 0 {
		t.Errorf("%s came twice", <-d.came)
	}
}

// Only some types; or those that an endpoint gets. A server that does not run is
// a line, and no end.
func TestListenChoosesTypes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.listens(d.URL, "--types", "flag.turned_*,flag.updated")
	d.learns(l.says("Signing secret"))
	l.says("Listening for flag.turned_*, flag.updated behind")
	d.happens("flag.created", "not this")
	d.happens("flag.turned_off", "this")
	if got := d.next(); got != "this" {
		t.Errorf("%s came", got)
	}
	d.local = "http://127.0.0.1:1"
	off := d.listens(d.URL)
	off.says("Listening")
	d.happens("flag.updated", "nobody")
	off.says("flag.updated", "nobody listens there")
	d.happens("flag.updated", "still nobody")
	off.says("flag.updated", "nobody listens there")
}

// An endpoint's own types, as its token may read them.
func TestListenTakesTheTypesOfAnEndpoint(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	make := func(body string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+"/v1/grants/"+d.grant+"/webhook-endpoints", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+d.token)
		r.Header.Set("Content-Type", "application/json")
		a := d.Do(r)
		id, _ := a.JSON()["id"].(string)
		if a.Status != http.StatusCreated || id == "" {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		return id
	}
	one := make(`{"url":"https://hooks.example.com/x","types":["flag.turned_on"],"disabled":true}`)
	l := d.listens(d.URL, "--endpoint", one)
	d.learns(l.says("Signing secret"))
	l.says("Listening for flag.turned_on behind")
	d.happens("flag.created", "not this")
	d.happens("flag.turned_on", "this")
	if got := d.next(); got != "this" {
		t.Errorf("%s came", got)
	}
	for id, want := range map[string]string{make(`{"url":"https://hooks.example.com/y","types":[],"disabled":true}`): "the endpoint gets no events", "whe_01kjpzv280cgv4p43xcbfjtaw6": "not_found"} {
		l := d.listens(d.URL, "--endpoint", id)
		l.says("guestright: ", want)
		if code := l.ends(); code != exitFailed {
			t.Errorf("%s: exit code %d", id, code)
		}
	}
}

// What can't go on ends with a sentence that says what to do.
func TestListenEndsWithASentence(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stranger := httptest.NewServer(http.NotFoundHandler())
	defer stranger.Close()
	for name, c := range map[string]struct {
		url, token string
		args       []string
		want       string
	}{
		"no token that we know": {d.URL, "gr_wrong", nil, "the token is not accepted"},
		"half a token":          {d.URL, "a b", nil, "characters that no token has"},
		"no token at all":       {d.URL, "", nil, "GUESTRIGHT_TOKEN"},
		"not Guestright":        {stranger.URL, d.token, nil, "answers 404 and is no Guestright"},
		"nobody":                {"http://127.0.0.1:1", d.token, nil, "can't be reached"},
		"no TLS":                {"http://integrations.example.com", d.token, nil, "others on the way could read the token"},
		"no address":            {"integrations.example.com", d.token, nil, "--url is not the address"},
		"nowhere to post":       {d.URL, d.token, []string{"--forward", "localhost:3000"}, "--forward is not an address"},
		"no secret":             {d.URL, d.token, []string{"--secret", "whsec_x"}, "copy all of it"},
		"another's account":     {d.URL, d.token, []string{"--account", "alder"}, "There is no such account, or you may not see it"},
	} {
		d.token = c.token
		l := d.listens(c.url, c.args...)
		l.says("guestright: ", c.want)
		if code := l.ends(); code != exitFailed {
			t.Errorf("%s: exit code %d", name, code)
		}
	}
}

// The token ends while somebody listens.
func TestListenSaysThatTheTokenHasExpired(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.listens(d.URL)
	d.learns(l.says("Signing secret"))
	d.happens("flag.created", "one")
	d.next()
	last := strings.Fields(l.says("flag.created"))[1]
	d.clock.Advance(48 * time.Hour)
	l.says("Go on with --after " + last)
	l.says("guestright: the token has expired; get a new one")
	if code := l.ends(); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}

// The command in the guide for developers works as it stands there.
func TestListenIsAsTheGuideSays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var args []string
	for _, b := range documentsOf(t)["docs/developers.md"] {
		for line := range strings.Lines(b.text) {
			if m := guestrightLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil && strings.HasPrefix(m[1], "listen ") {
				args = words(m[1])
			}
		}
	}
	if args == nil {
		t.Fatal("the guide shows no guestright listen")
	}
	for i, a := range args {
		a = strings.Replace(a, "https://integrations.example.com", d.URL, 1)
		args[i] = strings.Replace(a, "http://localhost:3000", d.local, 1)
	}
	cmd := exec.CommandContext(t.Context(), "guestright", args...)
	cmd.Env = append(cmd.Environ(), "GUESTRIGHT_TOKEN="+d.token)
	l := begun(t, cmd)
	d.learns(l.says("Signing secret"))
	l.says("Listening")
	d.happens("flag.turned_on", "as written")
	if got := d.next(); got != "as written" {
		t.Errorf("%s came", got)
	}
	l.says("flag.turned_on", "204 No Content")
}
