package request_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/fixture"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/manifest/value"
	"github.com/guestright/guestright/manifest/view"
)

const corpus = "../../../shared/corpus/launchdarkly"

func read(t *testing.T, dir string) *request.Set {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := manifest.Parse(filepath.Base(dir), data)
	if err != nil || manifest.Failed(got.Findings) {
		t.Fatal(dir, err, got.Findings)
	}
	s, err := request.Compile(got.Package, os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func integrations(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob(corpus + "/integrations/*")
	if err != nil || len(dirs) == 0 {
		testenv.Lacks(t, "the published integrations are not at %s", corpus)
	}
	return dirs
}

// happenings are the published audit events, and those that we made up.
func happenings(t *testing.T) map[string]*value.Object {
	t.Helper()
	out := map[string]*value.Object{}
	files, err := filepath.Glob(corpus + "/sample-context/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v, err := value.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(file, corpus+"/sample-context/")], _ = v.(*value.Object)
	}
	for _, name := range fixture.Names() {
		if name != fixture.Native {
			out[name], _ = fixture.Event(name)
		}
	}
	return out
}

// Every published integration has every call of every capability made for every
// event, without a failure: each is a request that net/http takes, and each JSON
// body is JSON.
func TestEveryCallOfThePublishedIntegrations(t *testing.T) {
	t.Parallel()
	calls, kinds := 0, map[string]int{}
	for _, dir := range integrations(t) {
		s := read(t, dir)
		for name, event := range happenings(t) {
			change, host := view.Read(event)
			for _, p := range s.Preview(host, change, nil) {
				if p.Err != nil {
					t.Errorf("%s, %s, %s: %v", s.Key, name, p.Name, p.Err)
					continue
				}
				if !p.Sent || p.Call.URL == "" {
					continue
				}
				calls++
				kinds[strings.Split(p.Name, "/")[0]]++
				if _, err := http.NewRequest(p.Call.Method, "https://placeholder.example/"+strings.TrimPrefix(p.Call.URL, "https://"), bytes.NewReader(p.Call.Body)); err != nil {
					t.Errorf("%s, %s: %v", s.Key, p.Name, err)
				}
				if !strings.HasPrefix(p.Name, "eventHook") && len(p.Call.Body) > 0 && !json.Valid(p.Call.Body) {
					t.Errorf("%s, %s, %s: not JSON: %s", s.Key, name, p.Name, p.Call.Body)
				}
			}
		}
	}
	t.Logf("%d calls: %v", calls, kinds)
	for _, kind := range []string{"eventHook", "changeApproval", "snapshotPush", "userAction"} {
		if kinds[kind] == 0 {
			t.Errorf("no call of %s was made", kind)
		}
	}
}

// An event of LaunchDarkly's that was read is shown again with the same bytes.
func TestPublishedEventsReachTemplatesUnchanged(t *testing.T) {
	t.Parallel()
	integrations(t)
	for name, event := range happenings(t) {
		change, host := view.Read(event)
		again := view.LaunchDarkly(host, change)
		for i := range event.Len() {
			key, want := event.At(i)
			got, _ := again.Get(key)
			if name == "other/metric.create.json" && key == "timestamp" { // the published one tells two times
				continue
			}
			if key == "target" || key == "title" || key == "member" || key == "project" {
				continue // their members are compared one by one in the view's own test
			}
			if a, b := value.AppendJSON(nil, got), value.AppendJSON(nil, want); !bytes.Equal(a, b) {
				t.Errorf("%s: %s is %s, not %s", name, key, a, b)
			}
		}
	}
}
