package fronttest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// patience bounds an exchange; nothing in these tests takes that long.
const patience = 10 * time.Second

// Answer is what a raw request got. Status is 0 when the connection was closed
// without an answer.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Rest   string // bytes after the first answer
}

// Raw sends bytes as they are and reads until the server closes.
func Raw(t testing.TB, addr, request string) Answer {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	// The server may refuse and close before everything is written.
	_, _ = io.WriteString(c, request)
	all, _ := io.ReadAll(c)
	return parse(string(all), request)
}

func parse(all, request string) Answer {
	method, _, _ := strings.Cut(request, " ")
	r := bufio.NewReader(strings.NewReader(all))
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		return Answer{Header: http.Header{}, Body: all}
	}
	body, _ := io.ReadAll(res.Body)
	rest, _ := io.ReadAll(r)
	return Answer{Status: res.StatusCode, Header: res.Header, Body: string(body), Rest: string(rest)}
}

// Get is a raw request of one line and some header lines, with Host and without
// a body, on a connection that ends with the answer.
func Get(line, host string, fields ...string) string {
	return line + "\r\nHost: " + host + "\r\nConnection: close\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n"
}
