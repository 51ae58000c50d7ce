// Package noticetest is a mail server on loopback for tests.
package noticetest

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

// Post is a mail server on loopback (RFC 5321, the few verbs that matter).
type Post struct {
	Port int

	mu     sync.Mutex
	got    []string // letters taken, envelope first
	refuse string   // answer to RCPT instead of 250
}

// New starts one that ends with t.
func New(t testing.TB) *Post {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Post{Port: ln.Addr().(*net.TCPAddr).Port}
	var open sync.WaitGroup
	t.Cleanup(func() {
		_ = ln.Close()
		open.Wait()
	})
	open.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			open.Go(func() { p.serve(c) })
		}
	})
	return p
}

func (p *Post) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewScanner(c)
	say := func(line string) { _, _ = fmt.Fprintf(c, "%s\r\n", line) }
	say("220 post")
	letter := ""
	for in.Scan() {
		verb, _, _ := strings.Cut(in.Text(), " ")
		switch strings.ToUpper(verb) {
		case "RCPT":
			p.mu.Lock()
			refuse := p.refuse
			p.mu.Unlock()
			if refuse != "" {
				say(refuse)
				continue
			}
			letter += in.Text() + "\n"
			say("250 ok")
		case "DATA":
			say("354 go on")
			for in.Scan() && in.Text() != "." {
				letter += in.Text() + "\n"
			}
			p.mu.Lock()
			p.got = append(p.got, letter)
			p.mu.Unlock()
			letter = ""
			say("250 ok")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// Letters gives what has come since the last call, each with its envelope.
func (p *Post) Letters() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got
	p.got = nil
	return got
}

// Answer sets what recipients are refused with; "": none is.
func (p *Post) Answer(refuse string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = refuse
}
