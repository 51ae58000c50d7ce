package upstream

import (
	"errors"
	"io"
	"net/http"
	"strconv"
)

// compose writes the request head into x.head, and a small body behind it.
func (x *call) compose() *Fault {
	r, out := x.r, x.out
	host := out.Host
	if host == "" {
		host = out.Target.Host
	}
	if !isToken(r.Method) || r.Method == http.MethodConnect || !isTarget(out.Path) || out.Path[0] != '/' ||
		!isTarget(host) || out.RawQuery != "" && !isTarget(out.RawQuery) {
		return &Fault{Reason: Misused, Cause: errors.New("method, path, query or host cannot be sent")}
	}
	b := append(x.head[:0], r.Method...)
	b = append(b, ' ')
	b = append(b, out.Target.BasePath...)
	b = append(b, out.Path...)
	if out.RawQuery != "" {
		b = append(b, '?')
		b = append(b, out.RawQuery...)
	}
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, host...)
	b = append(b, '\r', '\n')
	b, fault := x.appendFields(b)
	if fault != nil {
		return fault
	}
	b = x.appendFraming(b)
	b = append(b, '\r', '\n')
	x.head = b
	return x.takeSmallBody()
}

// appendFields copies the client's header, less what concerns this hop, and
// adds what the gateway sets.
func (x *call) appendFields(b []byte) ([]byte, *Fault) {
	out, connection := x.out, x.r.Header["Connection"]
	simple := len(connection) == 0
	x.replayable = true
	for name, values := range x.r.Header {
		switch {
		case hopByHop(name), name == "Content-Length", name == "Host", name == "Expect":
			continue
		case !simple && nominated(connection, name), out.Drop != nil && out.Drop(name), replaces(out.Set, name):
			continue
		case !isToken(name):
			return b, &Fault{Reason: Misused, Cause: errors.New("a header name cannot be sent")}
		}
		for _, value := range values {
			if !isText(value) {
				return b, &Fault{Reason: Misused, Cause: errors.New("a header value cannot be sent")}
			}
			b = appendField(b, name, value)
		}
	}
	for _, f := range out.Set {
		if !isToken(f.Name) || !isText(f.Value) {
			return b, &Fault{Reason: Misused, Cause: errors.New("a header to set cannot be sent")}
		}
		b = appendField(b, f.Name, f.Value)
	}
	for _, value := range x.r.Header["Te"] {
		if nominated([]string{value}, "trailers") {
			b = appendField(b, "Te", "trailers")
			break
		}
	}
	if up := x.r.Header["Upgrade"]; !simple && len(up) == 1 && x.r.ProtoMajor == 1 && nominated(connection, "Upgrade") && x.client.mayUpgrade(up[0]) {
		x.upgrade = up[0]
		b = appendField(b, "Connection", "Upgrade")
		b = appendField(b, "Upgrade", x.upgrade)
	}
	return b, nil
}

// appendFraming says how long the body is (RFC 9112 6) and decides how it is
// sent and whether the request could be sent twice.
func (x *call) appendFraming(b []byte) []byte {
	r := x.r
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
	default:
		_, keyed := r.Header["Idempotency-Key"]
		_, keyedToo := r.Header["X-Idempotency-Key"]
		x.replayable = keyed || keyedToo
	}
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		if r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch {
			b = append(b, "Content-Length: 0\r\n"...)
		}
		return b
	}
	x.replayable = false
	x.streams = true
	if r.ContentLength > 0 {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, r.ContentLength, 10)
		b = append(b, '\r', '\n')
	} else {
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
		for name := range r.Trailer {
			if trails(name, x.out.Drop) {
				b = appendField(b, "Trailer", name)
			}
		}
	}
	if expect := r.Header["Expect"]; len(expect) == 1 && foldEqual(expect[0], "100-continue") && r.ProtoAtLeast(1, 1) {
		x.expects = true
		b = append(b, "Expect: 100-continue\r\n"...)
	}
	return b
}

// takeSmallBody reads a short body of known length, so that it leaves with the
// head and the answer can be awaited without a second goroutine.
func (x *call) takeSmallBody() *Fault {
	length := x.r.ContentLength
	if !x.streams || x.expects || length <= 0 || length > int64(x.client.smallBody()) {
		return nil
	}
	from := len(x.head)
	need := from + int(length)
	if cap(x.head) < need {
		grown := make([]byte, from, need)
		copy(grown, x.head)
		x.head = grown
	}
	x.head = x.head[:need]
	n, err := io.ReadFull(x.r.Body, x.head[from:])
	x.result.BytesIn = int64(n)
	if err != nil {
		return bodyFault(x.r.Context(), err)
	}
	x.streams = false
	return nil
}

func appendField(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ':', ' ')
	b = append(b, value...)
	return append(b, '\r', '\n')
}

func replaces(set []Field, name string) bool {
	for i := range set {
		if foldEqual(set[i].Name, name) {
			return true
		}
	}
	return false
}

// trailing reports whether a field may come after the body (RFC 9110 6.5.1);
// framing, routing and credentials may not.
func trailing(name string) bool {
	switch name {
	case "Content-Length", "Host", "Authorization", "Content-Encoding", "Content-Type", "Content-Range", "Set-Cookie", "Expect":
		return false
	}
	return !hopByHop(name) && isToken(name)
}

// trails reports whether a field that the client sends after the body is passed
// on: what may not come in the header may not come behind either.
func trails(name string, drop func(string) bool) bool {
	return trailing(name) && (drop == nil || !drop(name))
}

// isTarget reports whether text can stand in a request line or as a host:
// visible ASCII only.
func isTarget(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= 0x7f {
			return false
		}
	}
	return text != ""
}
