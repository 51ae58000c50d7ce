package web

import "net/http"

// recorder remembers how the answer came out. Unwrap keeps flushing, hijacking
// and deadlines reachable through http.ResponseController.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Unwrap serves http.ResponseController.
func (o *recorder) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// Flush implements http.Flusher for handlers that look for it directly.
func (o *recorder) Flush() {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	_ = http.NewResponseController(o.ResponseWriter).Flush()
}

// WriteHeader implements http.ResponseWriter.
func (o *recorder) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		if o.status != 0 {
			return
		}
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (o *recorder) Write(b []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(b)
	o.bytes += int64(n)
	return n, err
}

func (o *recorder) code() int {
	if o.status == 0 {
		return http.StatusOK
	}
	return o.status
}
