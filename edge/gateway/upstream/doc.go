// Package upstream forwards one HTTP request to the product and streams the
// answer back. It keeps net/http's server in front and replaces http.Transport
// by a lean HTTP/1.1 client: pooled connections without a reader and a writer
// goroutine each, a request head written from one pooled buffer, and a strict
// parser for answers that reads straight into the answer's header map.
//
// What a client or an upstream can see is the same as through
// httputil.ReverseProxy, with these deliberate differences: request trailers
// are forwarded, answers with ambiguous framing (RFC 9112 6.3: both
// Transfer-Encoding and Content-Length, line ends without CR, folded lines)
// are refused, and a small request body is read in full before the upstream is
// asked, so that head and body leave in one write.
//
// The life of one call:
//
//	Do → build head → take a pooled or new connection → write → read head
//	   → 1xx forwarded → answer head → body relayed → connection pooled or closed
//
// A connection returns to the pool only when request and answer were complete
// and well framed and nothing unexpected was left in its buffer.
package upstream
