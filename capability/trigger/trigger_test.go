package trigger

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/manifest"
)

var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// declared makes what a package says.
func declared(name, value, url string) *manifest.InboundTrigger {
	return &manifest.InboundTrigger{Parser: &manifest.TriggerParser{EventName: manifest.Some(name), Value: manifest.Some(value), URL: manifest.Some(url)}}
}

// What is read of a call, for packages as they are published.
func TestCallsAreReadAsThePackageSays(t *testing.T) {
	t.Parallel()
	generic := declared("/eventName", "/value", "/url")
	generic.DefaultEventName = manifest.Some("An event")
	datadog := &manifest.InboundTrigger{TestEvent: manifest.Some(`.+ \[TEST\].+`), Parser: &manifest.TriggerParser{EventName: manifest.Some("/title"), URL: manifest.Some("/url")}}
	relic := &manifest.InboundTrigger{TestEvent: manifest.Some(`^New Relic Alert - Test Condition$`), Parser: &manifest.TriggerParser{EventName: manifest.Some("/condition_name")}}
	deep := declared("/alerts/0/labels/a~1b", "/alerts/0/n", "")
	for name, c := range map[string]struct {
		m                *manifest.InboundTrigger
		body             string
		event, value, at string
		test, kept       bool
	}{
		"all of it":             {generic, `{"eventName":"Load","value":0.930,"url":"https://a.example/1"}`, "Load", "0.930", "https://a.example/1", false, true},
		"nothing":               {generic, ``, "An event", "", "", false, false},
		"no JSON":               {generic, `eventName=Load`, "An event", "", "", false, false},
		"broken JSON":           {generic, `{"eventName":"Load"`, "An event", "", "", false, false},
		"another shape":         {generic, `["Load"]`, "An event", "", "", false, true},
		"null":                  {generic, `{"eventName":null}`, "An event", "", "", false, true},
		"an object":             {generic, `{"eventName":"x","value":{"b":1,"a":[2]}}`, "x", `{"b":1,"a":[2]}`, "", false, true},
		"an address that runs":  {generic, `{"eventName":"x","url":"javascript:alert(1)"}`, "x", "", "", false, true},
		"lines":                 {generic, "{\"eventName\":\"a\\n\\u0000b\"}", "a b", "", "", false, true},
		"the usual test":        {generic, `{"eventName":"This is a tEST."}`, "This is a tEST.", "", "", true, true},
		"Datadog":               {datadog, `{"title":"[P1] CPU is high","url":"https://app.datadoghq.com/event/1"}`, "[P1] CPU is high", "", "https://app.datadoghq.com/event/1", false, true},
		"Datadog tests":         {datadog, `{"title":"[P1] [TEST] CPU is high"}`, "[P1] [TEST] CPU is high", "", "", true, true},
		"Datadog's own word":    {datadog, `{"title":"a test"}`, "a test", "", "", false, true},
		"New Relic":             {relic, `{"condition_name":"New Relic Alert - Test Condition 2"}`, "New Relic Alert - Test Condition 2", "", "", false, true},
		"New Relic tests":       {relic, `{"condition_name":"New Relic Alert - Test Condition"}`, "New Relic Alert - Test Condition", "", "", true, true},
		"deep":                  {deep, `{"alerts":[{"labels":{"a/b":"Disk"},"n":0}]}`, "Disk", "0", "", false, true},
		"no parser":             {&manifest.InboundTrigger{}, `{"eventName":"Load"}`, "An alert", "", "", false, true},
		"an expression of none": {&manifest.InboundTrigger{TestEvent: manifest.Some(`(?<=x)`), Parser: generic.Parser}, `{"eventName":"a test"}`, "a test", "", "", true, true},
	} {
		got := read(c.m, []byte(c.body), monday)
		if got.Event != c.event || got.Value != c.value || got.URL != c.at || got.Test != c.test || (got.Body != "") != c.kept || !got.At.Equal(monday) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	long := read(generic, []byte(`{"eventName":"`+strings.Repeat("ä", bodyKept)+`"}`), monday)
	if len(long.Body) > bodyKept || !long.Cut || len(long.Event) > 310 {
		t.Errorf("%d bytes of %d", len(long.Body), len(long.Event))
	}
}

func TestCallersShowThatTheyMay(t *testing.T) {
	t.Parallel()
	body := []byte(`{"eventName":"Load"}`)
	shared := secret.Generate(secret.TriggerSecret)
	mac := hmac.New(sha256.New, []byte(shared.Reveal()))
	mac.Write(body)
	sum := hex.EncodeToString(mac.Sum(nil))
	const url, bearer, signed = manifest.AuthURL, manifest.AuthSharedSecret, manifest.AuthHMAC
	for name, c := range map[string]struct {
		auth          string
		header, value string
		want          bool
	}{
		"the address is enough":   {url, "", "", true},
		"nothing":                 {bearer, "", "", false},
		"the secret":              {bearer, "Authorization", "Bearer " + shared.Reveal(), true},
		"another":                 {bearer, "Authorization", "Bearer " + secret.Generate(secret.TriggerSecret).Reveal(), false},
		"of another scheme":       {bearer, "Authorization", "Basic " + shared.Reveal(), false},
		"a signature instead":     {bearer, "X-Signature", sum, true},
		"only a signature":        {signed, "Authorization", "Bearer " + shared.Reveal(), false},
		"a signature":             {signed, "X-Signature", sum, true},
		"in capitals":             {signed, "X-Signature-256", "sha256=" + strings.ToUpper(sum), true},
		"as GitHub writes it":     {signed, "X-Hub-Signature-256", "sha256=" + sum, true},
		"a signature of nothing":  {signed, "X-Signature", "", false},
		"no hexadecimal":          {signed, "X-Signature", "zz" + sum[2:], false},
		"a part of the signature": {signed, "X-Signature", sum[:32], false},
	} {
		h := http.Header{}
		if c.header != "" {
			h.Set(c.header, c.value)
		}
		if got := shown(c.auth, shared, h, body); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if c.auth != url && shown(c.auth, secret.Text{}, h, body) {
			t.Errorf("%s, without a secret of the trigger's", name)
		}
		if c.header == "X-Signature" && c.want && shown(c.auth, shared, h, append(body, ' ')) {
			t.Errorf("%s, of another body", name)
		}
	}
}

func TestATriggerFiresTenTimesAMinute(t *testing.T) {
	t.Parallel()
	var one Trigger
	for i := range callsMost {
		if err := one.admit(monday.Add(time.Duration(i) * time.Second)); err != nil {
			t.Fatal(i, err)
		}
	}
	p := problem.Of(one.admit(monday.Add(20 * time.Second)))
	if p == nil || p.Code != "trigger_limit" || p.After != 40*time.Second {
		t.Errorf("%+v", p)
	}
	if err := one.admit(monday.Add(time.Minute)); err != nil || one.used != 1 {
		t.Errorf("%v %d", err, one.used)
	}
	if err := one.admit(monday.Add(-time.Hour)); err != nil {
		t.Errorf("a clock that goes back: %v", err)
	}
}

// The last ten calls are remembered, each with what became of it; tests are not
// counted as calls.
func TestCallsAreRemembered(t *testing.T) {
	t.Parallel()
	one := Trigger{Enabled: true}
	for i := range 12 {
		one.called(Call{At: monday.Add(time.Duration(i) * time.Minute), Task: fmt.Sprint("tsk_", i)})
	}
	one.called(Call{At: monday.Add(time.Hour), Test: true})
	if len(one.Recent) != recentMost || !one.Recent[0].Test || one.Recent[9].Task != "tsk_3" || one.Count != 12 || one.Tests != 1 || !one.LastTriggered.Equal(monday.Add(11*time.Minute)) {
		t.Errorf("%+v", one)
	}
	one.answered(monday, "tsk_3", "No such flag.")
	if one.status(true) != Failed || one.Fault != "No such flag." || one.Recent[9].Outcome != "failed" || one.failures != 1 {
		t.Errorf("%+v", one)
	}
	one.answered(monday, "tsk_1", "")
	if one.status(true) != Active || one.Fault != "" || one.done != 1 || one.status(false) != Inactive {
		t.Errorf("%+v", one)
	}
	one.Enabled = false
	if one.status(true) != Inactive {
		t.Error(one.status(true))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"eventName":"Load","value":[1,{"a":null}],"url":"https://a.example"}`))
	f.Add([]byte("\xff{\"eventName\":\"\xed\xa0\x80\"}"))
	m := declared("/eventName", "/value", "/url")
	f.Fuzz(func(t *testing.T, body []byte) {
		c := read(m, body, monday)
		if len(c.Body) > bodyKept || len(c.Event) > 310 || len(c.Value) > 310 || strings.ContainsAny(c.Event+c.Value, "\n\x00") {
			t.Errorf("%+v", c)
		}
	})
}
