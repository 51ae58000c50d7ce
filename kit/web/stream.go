package web

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Stream is the output of an operation that writes its answer piece by piece.
type Stream = huma.StreamResponse

// StreamAs makes the answer of an operation from a writer. When write fails
// before 4 KiB are out the answer is a problem; later the connection is cut, so
// that nobody takes a part for the whole. file, if given, is the name to save
// the answer under; it must be plain ASCII.
func StreamAs(contentType, file string, write func(ctx context.Context, w io.Writer) error) *Stream {
	return &Stream{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		late := &lateHeader{w: w, contentType: contentType, file: file}
		out := bufio.NewWriterSize(late, 4096)
		err := write(r.Context(), out)
		if err == nil {
			err = out.Flush()
		}
		switch {
		case err == nil:
			late.begin() // an empty answer has a type, too
		case late.begun:
			From(r.Context()).fail(err)
			panic(http.ErrAbortHandler) // the only way to cut the connection
		default:
			WriteProblem(w, r, err)
		}
	}}
}

// File is an answer that is saved as a file.
type File struct {
	Type string // media type
	Name string // plain ASCII
	Tag  string // names the content, for If-None-Match
	Data []byte
}

// Send answers with the file, or with 304 when the caller holds it.
func (f File) Send() *Stream {
	return &Stream{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		h, tag := w.Header(), `"`+f.Tag+`"`
		h.Set("ETag", tag)
		h["X-Content-Type-Options"] = nosniff
		if list := r.Header.Get("If-None-Match"); list != "" && Matches(list, tag, true) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", f.Type)
		h.Set("Content-Disposition", `attachment; filename="`+f.Name+`"`)
		h.Set("Content-Length", strconv.Itoa(len(f.Data)))
		_, _ = w.Write(f.Data)
	}}
}

// lateHeader sets the headers of success when the first bytes go out.
type lateHeader struct {
	w           http.ResponseWriter
	contentType string
	file        string
	begun       bool
}

func (l *lateHeader) begin() {
	if l.begun {
		return
	}
	l.begun = true
	l.w.Header().Set("Content-Type", l.contentType)
	if l.file != "" {
		l.w.Header().Set("Content-Disposition", `attachment; filename="`+l.file+`"`)
	}
}

// Write implements io.Writer.
func (l *lateHeader) Write(b []byte) (int, error) {
	l.begin()
	return Patient(l.w).Write(b)
}
