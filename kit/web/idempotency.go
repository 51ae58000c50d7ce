package web

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Answers keeps claimed keys and their answers.
type Answers interface{}

// exchange is one request on its way to an operation.
type exchange struct {
	op   Operation
	w    http.ResponseWriter
	r    *http.Request
	body []byte
}

func (a *API) once(x exchange, run func(http.ResponseWriter, *http.Request)) {
	run(x.w, x.r)
}

func idempotencyParameter() *huma.Param {
	return &huma.Param{Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string"},
		Description: "Makes a repeat of this request safe for a day: the same key and body get the first answer again."}
}
