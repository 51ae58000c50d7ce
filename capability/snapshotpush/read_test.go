package snapshotpush

import (
	"testing"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/request"
)

func TestWhatAnswersSay(t *testing.T) {
	t.Parallel()
	p := &manifest.SnapshotParser{Success: "/ok", Errors: manifest.Some("/errors")}
	for body, want := range map[string]struct {
		ok   bool
		says string
	}{
		`{"ok":true}`:                    {true, ""},
		`{"ok":"true","errors":[]}`:      {true, ""},
		`{"ok":false,"errors":"no"}`:     {false, "no"},
		`{"errors":["a",{"message":2}]}`: {false, "a; 2"},
		`{"errors":{"code":1}}`:          {false, `{"code":1}`},
		`{"ok":"True"}`:                  {false, ""},
		`[]`:                             {false, ""},
		`no`:                             {false, ""},
		``:                               {false, ""},
	} {
		if ok, says := read(p, []byte(body)); ok != want.ok || says != want.says {
			t.Errorf("%s: %v %q", body, ok, says)
		}
	}
	if ok, _ := read(nil, nil); !ok {
		t.Error("without a parser the status says it")
	}
	sent := request.Call{Header: []manifest.Header{{Name: "Authorization", Value: "Bearer token-4711"}, {Name: "Accept", Value: "a"}}}
	if got := hidden("a token-4711 is wrong", sent); got != "a [hidden] is wrong" {
		t.Error(got)
	}
}
