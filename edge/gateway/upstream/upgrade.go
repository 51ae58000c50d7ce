package upstream

import (
	"errors"
	"io"
	"net"
	"net/http"
)

// switchProtocols turns the exchange into a tunnel after 101 (RFC 9110 7.8),
// as WebSocket does. It returns when both directions have ended or one failed.
func (x *call) switchProtocols(c *conn, h answerHead) *Fault {
	answered := ""
	for _, f := range x.fields {
		if f.name == "Upgrade" {
			answered = string(c.buf[c.r+f.from : c.r+f.to])
		}
	}
	if x.upgrade == "" || !foldEqual(answered, x.upgrade) {
		return bad("101 without a matching request to change protocols")
	}
	header := x.w.Header()
	x.collect(c, header, h.size)
	for _, f := range x.out.Answer {
		header[f.Name] = []string{f.Value}
	}
	for _, f := range x.out.Add {
		header[f.Name] = append(header[f.Name], f.Value)
	}
	header["Connection"] = []string{"Upgrade"}
	header["Upgrade"] = []string{answered}
	c.r += h.size
	x.watch(c)
	if err := c.patient(); err != nil {
		return classify(x.r.Context(), err, Broken)
	}
	client, early, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		clear(header)
		return &Fault{Reason: Misused, Cause: err}
	}
	defer client.Close()
	x.result.Upgraded = true
	if _, err := early.WriteString("HTTP/1.1 101 Switching Protocols\r\n"); err != nil {
		return &Fault{Reason: ClientGone, Started: true, Cause: err}
	}
	if err := header.Write(early); err != nil {
		return &Fault{Reason: ClientGone, Started: true, Cause: err}
	}
	early.WriteString("\r\n")
	early.Write(c.buf[c.r:c.w])
	x.result.BytesOut = int64(c.buffered())
	if err := early.Flush(); err != nil {
		return &Fault{Reason: ClientGone, Started: true, Cause: err}
	}
	pending, err := early.Reader.Peek(early.Reader.Buffered())
	if err == nil && len(pending) > 0 {
		x.result.BytesIn = int64(len(pending))
		if _, err := c.Write(pending); err != nil {
			return classify(x.r.Context(), err, Broken).started()
		}
	}
	x.tunnel(client, c)
	return nil
}

func (f *Fault) started() *Fault {
	f.Started = true
	return f
}

// errTunnelEnded ends a tunnel whose peer cannot be closed half-way.
var errTunnelEnded = errors.New("tunnel ended")

// tunnel copies both ways. An end of one direction is passed on as a half
// close; an error, or the cancelled context (which closes the upstream side),
// ends both.
func (x *call) tunnel(client net.Conn, c *conn) {
	type ended struct {
		in  bool
		n   int64
		err error
	}
	ends := make(chan ended, 2)
	pipe := func(to, from net.Conn, in bool) {
		n, err := io.Copy(to, from)
		if err == nil {
			if half, ok := to.(interface{ CloseWrite() error }); ok {
				err = half.CloseWrite()
			} else {
				err = errTunnelEnded
			}
		}
		ends <- ended{in: in, n: n, err: err}
	}
	go pipe(c.Conn, client, true)
	go pipe(client, c.Conn, false)
	for range 2 {
		end := <-ends
		if end.in {
			x.result.BytesIn += end.n
		} else {
			x.result.BytesOut += end.n
		}
		if end.err != nil {
			client.Close()
			c.abort()
		}
	}
}
