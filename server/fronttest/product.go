package fronttest

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Seen is one request as it reached the product.
type Seen struct {
	Line   string   // request line
	Fields []string // header lines, as they came
	Body   string
}

// All lists the values of a header in exactly this spelling, case aside.
func (s Seen) All(name string) []string {
	var out []string
	for _, f := range s.Fields {
		if n, v, ok := strings.Cut(f, ":"); ok && strings.EqualFold(n, name) {
			out = append(out, strings.TrimSpace(v))
		}
	}
	return out
}

// Names lists the names of the header lines.
func (s Seen) Names() []string {
	var out []string
	for _, f := range s.Fields {
		n, _, _ := strings.Cut(f, ":")
		out = append(out, n)
	}
	return out
}

// Target is the request target.
func (s Seen) Target() string {
	parts := strings.Split(s.Line, " ")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

// Product is a server that records requests and reads nothing into them.
type Product struct {
	Addr string // host:port
	mu   sync.Mutex
	seen []Seen
	// status answers a request line; nil: 200.
	status func(line string) int
	ln     net.Listener
	conns  map[net.Conn]struct{}
	done   sync.WaitGroup
}

// NewProduct starts a product until the test ends. status may be nil.
func NewProduct(t testing.TB, status func(line string) int) *Product {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Product{Addr: ln.Addr().String(), ln: ln, status: status, conns: map[net.Conn]struct{}{}}
	p.done.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns[c] = struct{}{}
			p.mu.Unlock()
			p.done.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(p.Stop)
	return p
}

// Stop ends the product at once.
func (p *Product) Stop() {
	_ = p.ln.Close()
	p.mu.Lock()
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}

// Seen lists what has arrived so far.
func (p *Product) Seen() []Seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Seen(nil), p.seen...)
}

func (p *Product) serve(c net.Conn) {
	defer func() {
		_ = c.Close()
		p.mu.Lock()
		delete(p.conns, c)
		p.mu.Unlock()
	}()
	r := bufio.NewReader(c)
	for {
		s, err := read(r)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.seen = append(p.seen, s)
		p.mu.Unlock()
		status := http.StatusOK
		if p.status != nil {
			status = p.status(s.Line)
		}
		body := "served"
		if strings.HasPrefix(s.Line, "HEAD ") {
			body = ""
		}
		answer := "HTTP/1.1 " + strconv.Itoa(status) + " X\r\nContent-Type: text/plain\r\nLink: </own>; rel=next\r\nContent-Length: 6\r\n\r\n" + body
		if _, err := io.WriteString(c, answer); err != nil {
			return
		}
	}
}

// read takes one request; framing is believed, since only proxies of ours come.
func read(r *bufio.Reader) (Seen, error) {
	lines := textproto.NewReader(r)
	line, err := lines.ReadLine()
	if err != nil {
		return Seen{}, err
	}
	s := Seen{Line: line}
	for {
		field, err := lines.ReadLine()
		if err != nil {
			return s, err
		}
		if field == "" {
			break
		}
		s.Fields = append(s.Fields, field)
	}
	if te := s.All("Transfer-Encoding"); len(te) > 0 {
		return s, chunks(r, &s)
	}
	if cl := s.All("Content-Length"); len(cl) > 0 {
		n, err := strconv.Atoi(cl[0])
		if err != nil {
			return s, err
		}
		body := make([]byte, n)
		_, err = io.ReadFull(r, body)
		s.Body = string(body)
		return s, err
	}
	return s, nil
}

func chunks(r *bufio.Reader, s *Seen) error {
	lines := textproto.NewReader(r)
	for {
		head, err := lines.ReadLine()
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(head), 16, 32)
		if err != nil {
			return errors.New("chunk size")
		}
		if n == 0 {
			break
		}
		body := make([]byte, n+2)
		if _, err := io.ReadFull(r, body); err != nil {
			return err
		}
		s.Body += string(body[:n])
	}
	for {
		trailer, err := lines.ReadLine()
		if err != nil || trailer == "" {
			return err
		}
		s.Fields = append(s.Fields, trailer)
	}
}
