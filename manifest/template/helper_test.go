package template_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/manifest/template"
)

var moment = time.Date(2014, 3, 21, 19, 34, 21, 0, time.UTC)

func rendered(t testing.TB, d template.Dialect, source, data string, o template.Options) (string, error) {
	t.Helper()
	tpl, err := template.Parse(source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	out, err := tpl.Render(d, decoded(t, data), o)
	return string(out), err
}

// Vectors that Akamai publishes with its own signers.
func TestEdgeGrid(t *testing.T) {
	t.Parallel()
	q := template.EdgeGrid{Host: "akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net", ClientSecret: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx=",
		ClientToken: "akab-client-token-xxx-xxxxxxxxxxxxxxxx", AccessToken: "akab-access-token-xxx-xxxxxxxxxxxxxxxx"}
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/", "", "tL+y4hxyHxgWVD30X3pWnGKHcPzmrIF+LThiAOhMxYU="},
		{"GET", "/testapi/v1/t1?p1=1&p2=2", "", "hKDH1UlnQySSHjvIcZpDMbQHihTQ0XyVAKZaApabdeA="},
		{"POST", "/testapi/v1/t3", "datadatadatadatadatadatadatadata", "hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4="},
		{"PUT", "/testapi/v1/t6", "PUTPUTPUTPUT", "GNBWEYSEWOLtu+7dD52da2C39aX/Jchpon3K/AmBqBU="},
	} {
		q.Method, q.Path = c.method, c.path
		s := template.Signing{Time: moment, Nonce: "nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", Body: []byte(c.body)}
		head := "EG1-HMAC-SHA256 client_token=akab-client-token-xxx-xxxxxxxxxxxxxxxx;access_token=akab-access-token-xxx-xxxxxxxxxxxxxxxx;timestamp=20140321T19:34:21+0000;nonce=nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx;signature="
		if got := s.EdgeGrid(q); got != head+c.want {
			t.Errorf("%s %s: %s", c.method, c.path, got)
		}
	}
}

// The helper signs what its path becomes; it can't be led elsewhere by data.
func TestEdgeGridHelper(t *testing.T) {
	t.Parallel()
	const source = "{{edgeGridAuth 'GET' '/edgekv/v1/networks/{{network}}/namespaces/{{namespaceId}}/groups/{{groupId}}/items/{{_featureStoreKey}}' host network ns group key secret client access}}"
	data := func(network, client string) string {
		return `{"host":"H.example","network":"` + network + `","ns":"n","group":"g","key":"k","secret":"s","client":"` + client + `","access":"a"}`
	}
	got, err := rendered(t, template.Header, source, data("staging", "c"), template.Options{Signing: signing})
	want := signing.EdgeGrid(template.EdgeGrid{Method: "GET", Host: "h.example", Path: "/edgekv/v1/networks/staging/namespaces/n/groups/g/items/k", ClientSecret: "s", ClientToken: "c", AccessToken: "a"})
	if got != want || err != nil {
		t.Errorf("%s %v, not %s", got, err, want)
	}
	for what, c := range map[string]struct {
		source, data, want string
		o                  template.Options
	}{
		"no time":         {source, data("staging", "c"), "signs only a request that is about to be sent", template.Options{}},
		"a token's field": {source, data("staging", "c;nonce=x"), "no white space and no semicolon", template.Options{Signing: signing}},
		"a header":        {source, data("staging", `c\r\nX: y`), "no white space", template.Options{Signing: signing}},
		"unknown names":   {strings.Replace(source, "{{network}}", "{{secret}}", 1), data("staging", "c"), "fills in network, namespaceId, groupId and key only", template.Options{Signing: signing}},
	} {
		if got, err := rendered(t, template.Header, c.source, c.data, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %s %v", what, got, err)
		}
	}
}

// Times by the table of LaunchDarkly's framework; whatever is no time prints nothing.
func TestFormatWithOffset(t *testing.T) {
	t.Parallel()
	const data = `{"ms":1580778134028,"float":1.580778134028E12,"text":"1580778134028","word":"soon","half":1.5,"late":253402300799999,"huge":1e300,"none":null}`
	for source, want := range map[string]string{
		"ms 0 'milliseconds'": "1580778134028", "ms 300 'seconds'": "1580778434", "ms 0 'rfc3339'": "2020-02-04T01:02:14Z", "ms 0 'simple'": "2020-02-04 01:02:14", "ms 3600 'x'": "1580781734028",
		"float 5 'rfc3339'": "2020-02-04T01:02:19Z", "text -14 'simple'": "2020-02-04 01:02:00", "0 -1 'seconds'": "-1", "-1 0 'seconds'": "-1", "late 0 'rfc3339'": "9999-12-31T23:59:59Z", "ms 0 absent": "1580778134028",
		"word 0 'simple'": "", "half 0 'simple'": "", "late 1 'simple'": "", "huge 0 'simple'": "", "none 0 'simple'": "", "absent 0 'simple'": "", "ms 'x' 'simple'": "",
	} {
		got, err := rendered(t, template.Text, "{{formatWithOffset "+source+"}}", data, template.Options{})
		if got != want || err != nil {
			t.Errorf("%s: %q %v", source, got, err)
		}
		_, err = rendered(t, template.Text, "{{formatWithOffset "+source+"}}", data, template.Options{Strict: true})
		if (err == nil) != (want != "") {
			t.Errorf("%s in strict mode: %v", source, err)
		}
	}
}

// Whole numbers are never in exponent form; others are as JavaScript prints them.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1580777685229": "1580777685229", "1.5e12": "1500000000000", "1E3": "1000", "-1e3": "-1000", "12345678901234567890": "12345678901234567890", "1.0": "1", "-0": "0", "-0.0": "0", "0.50": "0.5", "100e-2": "1",
		"1e21": "1000000000000000000000", "1.25e1": "12.5", "1e-7": "1e-7", "1.5e-9": "1.5e-9", "1e-12": "1e-12", "0.000001": "0.000001", "123e-20": "1.23e-18", "1e400": "1e400", "0e999999999999": "0", "1e-999999999999": "0", "0.1e1": "1", "0.05e1": "0.5",
	} {
		if got, err := rendered(t, template.Plain, "{{n}}", `{"n":`+in+`}`, template.Options{}); got != want || err != nil {
			t.Errorf("%s prints as %s %v, not %s", in, got, err, want)
		}
		if got, err := rendered(t, template.Native, `"{{n}}"`, `{"n":`+in+`}`, template.Options{}); got != `"`+in+`"` || err != nil {
			t.Errorf("%s prints as %s %v in a body of our own", in, got, err)
		}
	}
}

// No line break reaches a header, wherever it comes from, and where it does is said.
func TestHeadersAreOneLine(t *testing.T) {
	t.Parallel()
	for _, d := range []template.Dialect{template.Header, template.Line} {
		for source, want := range map[string]string{
			"Bearer {{{cr}}}": "line 1, column 8", "a{{none}}{{lf}}": "line 1, column 10", "{{nul}}": "line 1, column 1", "a\nb": "line 1, column 2", "\n a{{#if ok}}b\rc{{/if}}": "line 1, column 1", "{{#each list}}{{this}}{{/each}}": "line 1, column 15",
		} {
			got, err := rendered(t, d, source, `{"cr":"a\rX-Admin: 1","lf":"\n","nul":"\u0000","ok":true,"list":["a","b\n"]}`, template.Options{})
			bad, ok := errors.AsType[*template.Error](err)
			if !ok || !strings.Contains(err.Error(), "line break") || !strings.HasPrefix(bad.Error(), want) {
				t.Errorf("%q: %q %v, not %s", source, got, err, want)
			}
		}
		if got, err := rendered(t, d, "Bearer {{x}}", `{"x":"a\tb"}`, template.Options{}); got != "Bearer a\tb" || err != nil {
			t.Errorf("%q %v", got, err)
		}
	}
}
