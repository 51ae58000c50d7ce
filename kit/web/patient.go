package web

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// patience is how long one part of a long answer may take to go out.
const patience = time.Minute

// Patient writes an answer that may take longer than the server's time for one: each
// part has a time of its own, so that only a reader who takes nothing is cut off.
func Patient(w http.ResponseWriter) io.Writer { return &patient{w, http.NewResponseController(w)} }

type patient struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// Write implements io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	if err := p.rc.SetWriteDeadline(time.Now().Add(patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.w.Write(b)
}
