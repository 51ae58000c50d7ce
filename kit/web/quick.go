package web

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Quick does what an operation does, in the stead of the function that Op mounts:
// for one that is called so often that what is done for every request costs more
// than its own work. It gets the body, which was judged like any other, and gives
// the answer's body. Requests without a body or with a query go the usual way,
// where they are refused.
type Quick func(ctx context.Context, h http.Header, body []byte) (any, error)

// quick reports whether a request may go that way.
func (op Operation) quick(r *http.Request, body []byte) bool {
	return op.Quick != nil && len(body) > 0 && r.URL.RawQuery == ""
}

var answers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// answerMost is how large a buffer may have grown that is kept.
const answerMost = 64 << 10

func (op Operation) answer(w http.ResponseWriter, r *http.Request, body []byte) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // the body is here; what follows may take its time
	out, err := op.Quick(r.Context(), r.Header, body)
	if err != nil {
		WriteProblem(w, r, err)
		return
	}
	buf := answers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= answerMost {
			buf.Reset()
			answers.Put(buf)
		}
	}()
	if err := huma.DefaultJSONFormat.Marshal(buf, out); err != nil {
		WriteProblem(w, r, err)
		return
	}
	w.Header()["Content-Type"] = []string{jsonType}
	w.WriteHeader(op.Status)
	_, _ = w.Write(buf.Bytes()) // who went away sees nothing of it
}
