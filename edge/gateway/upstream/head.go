package upstream

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
)

// answerHead is what the framing of an answer depends on.
type answerHead struct {
	status  int
	size    int   // bytes of the head in the connection's buffer
	length  int64 // -1 when not stated
	chunked bool
	closes  bool // the connection ends with this answer
}

// fieldAt is one header field in the connection's buffer, by offsets from the
// beginning of the head.
type fieldAt struct {
	name     string
	from, to int
}

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

// bad is an answer that must not be passed on.
func bad(why string) *Fault { return &Fault{Reason: BadAnswer, Cause: errors.New(why)} }

// line finds the line that starts pos bytes into the unread part and returns
// its end, without CRLF, relative to the same point. A bare LF ends a line for
// lenient parsers only, so it is refused (RFC 9112 2.2 permits both; two
// parsers that differ are how requests are smuggled).
func (c *conn) line(pos, limit int) (int, error) {
	for seen := pos; ; {
		if i := bytes.IndexByte(c.buf[c.r+seen:c.w], '\n'); i >= 0 {
			end := seen + i - 1
			if end < pos || c.buf[c.r+end] != '\r' {
				return 0, bad("line ends without CR")
			}
			return end, nil
		}
		seen = c.buffered()
		if seen >= limit {
			return 0, errHeadTooLarge
		}
		if err := c.fill(limit); err != nil {
			return 0, err
		}
	}
}

// readHead parses one head (RFC 9112 4 and 5) without consuming it.
func (x *call) readHead(c *conn) (answerHead, error) {
	limit := x.client.maxHead()
	h := answerHead{length: -1}
	end, err := c.line(0, limit)
	if err != nil {
		return h, err
	}
	if err := h.statusLine(c.buf[c.r : c.r+end]); err != nil {
		return h, err
	}
	x.fields = x.fields[:0]
	pos := end + 2
	for {
		end, err := c.line(pos, limit)
		if err != nil {
			return h, err
		}
		if end == pos {
			h.size = end + 2
			return h, x.frame(c, &h)
		}
		if err := x.field(c, pos, end); err != nil {
			return h, err
		}
		pos = end + 2
	}
}

// statusLine reads "HTTP/1.1 200 OK"; the reason may be missing.
func (h *answerHead) statusLine(line []byte) error {
	const least = len("HTTP/1.1 200")
	if len(line) < least || string(line[:7]) != "HTTP/1." || line[7] != '0' && line[7] != '1' || line[8] != ' ' ||
		len(line) > least && line[least] != ' ' || !isText(line) {
		return bad("status line")
	}
	for _, digit := range line[9:12] {
		if digit < '0' || digit > '9' {
			return bad("status code")
		}
		h.status = 10*h.status + int(digit-'0')
	}
	if h.status < 100 {
		return bad("status code")
	}
	h.closes = line[7] == '0'
	return nil
}

// field reads "name: value". A name must be a token directly followed by the
// colon, which also refuses folded lines.
func (x *call) field(c *conn, pos, end int) error {
	line := c.buf[c.r+pos : c.r+end]
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !isToken(line[:colon]) {
		return bad("header name")
	}
	from, to := colon+1, len(line)
	for from < to && (line[from] == ' ' || line[from] == '\t') {
		from++
	}
	for from < to && (line[to-1] == ' ' || line[to-1] == '\t') {
		to--
	}
	if !isText(line[from:to]) {
		return bad("header value")
	}
	x.fields = append(x.fields, fieldAt{name: canonical(line[:colon]), from: pos + from, to: pos + to})
	return nil
}

// frame decides how the body ends (RFC 9112 6.3) and refuses what two parsers
// could read in two ways.
func (x *call) frame(c *conn, h *answerHead) error {
	old := h.closes
	for _, f := range x.fields {
		value := c.buf[c.r+f.from : c.r+f.to]
		switch f.name {
		case "Content-Length":
			n, ok := decimal(value)
			if !ok || h.length >= 0 && h.length != n {
				return bad("Content-Length")
			}
			h.length = n
		case "Transfer-Encoding":
			if h.chunked || old || !foldEqual(string(value), "chunked") {
				return bad("Transfer-Encoding")
			}
			h.chunked = true
		case "Connection":
			if nominated([]string{string(value)}, "close") {
				h.closes = true
			}
		}
	}
	if h.chunked && h.length >= 0 {
		return bad("both Transfer-Encoding and Content-Length")
	}
	return nil
}

// decimal reads a Content-Length: digits only, at most 18 of them.
func decimal(value []byte) (int64, bool) {
	if len(value) == 0 || len(value) > 18 {
		return 0, false
	}
	var n int64
	for _, digit := range value {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		n = 10*n + int64(digit-'0')
	}
	return n, true
}

// collect moves the fields of the head into h. One string backs all values
// and one slice all single-value lists; the rest of it, for Outgoing.Answer, is returned.
func (x *call) collect(c *conn, h http.Header, size int) []string {
	block := string(c.buf[c.r : c.r+size])
	values := make([]string, len(x.fields)+len(x.out.Answer))
	var connection []string
	for _, f := range x.fields {
		if f.name == "Connection" {
			connection = append(connection, block[f.from:f.to])
		}
	}
	for i, f := range x.fields {
		if hopByHop(f.name) || connection != nil && nominated(connection, f.name) || replaces(x.out.Answer, f.name) ||
			x.out.DropAnswer != nil && x.out.DropAnswer(f.name) {
			continue
		}
		if have := h[f.name]; len(have) > 0 {
			h[f.name] = append(have, block[f.from:f.to])
			continue
		}
		values[i] = block[f.from:f.to]
		h[f.name] = values[i : i+1 : i+1]
	}
	return values[len(x.fields):]
}

// inform passes an interim answer on (RFC 9110 15.2). What the gateway has
// already put into the header waits for the final answer.
func (x *call) inform(c *conn, h answerHead) {
	if !x.r.ProtoAtLeast(1, 1) {
		return
	}
	header := x.w.Header()
	later := make(http.Header, len(header))
	for name, values := range header {
		later[name] = slices.Clone(values)
	}
	clear(header)
	x.collect(c, header, h.size)
	x.w.WriteHeader(h.status)
	clear(header)
	for name, values := range later {
		header[name] = values
	}
}
