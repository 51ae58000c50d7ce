package outbound

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// RoundTripper is this client for libraries that make their requests themselves:
// what it refuses to call they cannot call either. It follows no redirects. An
// answer is cut, with an error, behind most bytes and when the client's time is up.
func (c *Client) RoundTripper(most int64) http.RoundTripper {
	return &tripper{c, most}
}

type tripper struct {
	client *Client
	most   int64
}

// RoundTrip implements http.RoundTripper.
func (t *tripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.client.CheckURL(r.URL.String()); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), t.client.cfg.Timeout)
	res, err := t.client.transport.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	res.Body = &bounded{of: res.Body, left: t.most, done: cancel}
	return res, nil
}

// errLong is of an answer that is longer than the caller reads.
var errLong = errors.New("the answer is too long")

// bounded is an answer's body that fails where it gets too long.
type bounded struct {
	of   io.ReadCloser
	left int64
	done context.CancelFunc
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errLong
	}
	n, err := b.of.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return n - 1, errLong
	}
	return n, err
}

// Close implements io.Closer.
func (b *bounded) Close() error {
	b.done()
	return b.of.Close()
}
