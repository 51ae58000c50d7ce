package board_test

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/guestright/guestright/client/webhook"
	"github.com/guestright/guestright/example/board"
)

// A note hangs on the board once, and only when it is signed.
func TestNotesAreSigned(t *testing.T) {
	t.Parallel()
	secret := webhook.NewSecret()
	b := board.New(&webhook.Verifier{Secrets: []string{secret}})
	send := func(id, with string) int {
		t.Helper()
		body := []byte(`{"text":"Ada turned on the flag Night light","where":"Web / Production","at":7}`)
		header, err := webhook.Sign(with, webhook.Message{ID: id, Time: time.Now(), Body: body})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/notes", bytes.NewReader(body))
		r.Header = header
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, r)
		return w.Code
	}
	if code := send("evt_1", webhook.NewSecret()); code/100 == 2 {
		t.Errorf("another's signature: %d", code)
	}
	for range 2 {
		if code := send("evt_1", secret); code/100 != 2 {
			t.Errorf("%d", code)
		}
	}
	if n := b.Notes(); len(n) != 1 || n[0].Where != "Web / Production" || n[0].ID != "evt_1" {
		t.Errorf("%+v", n)
	}
	files, err := board.Package()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(files, "manifest.json"); err != nil {
		t.Error(err)
	}
}
