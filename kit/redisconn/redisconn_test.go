package redisconn_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/guestright/guestright/kit/redisconn"
	"github.com/guestright/guestright/kit/secret"
)

// answers is a client of a server that says the same to each command.
func answers(t *testing.T, line string) *redis.Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
		for in := bufio.NewScanner(conn); in.Scan(); {
			if strings.HasPrefix(in.Text(), "*") { // a command begins
				_, _ = fmt.Fprintf(conn, "%s\r\n", line)
			}
		}
	}()
	c := redisconn.Open(redisconn.Options{Address: "redis.example.com:6379", Username: "guest", Password: secret.New("open sesame"), Most: 1,
		Dial: func(_ context.Context, address string) (net.Conn, error) {
			if address != "redis.example.com:6379" {
				return nil, fmt.Errorf("dials %s", address)
			}
			var d net.Dialer
			return d.DialContext(t.Context(), "tcp", l.Addr().String())
		}})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// What the server says is told from what breaks on the way.
func TestAnswers(t *testing.T) {
	t.Parallel()
	err := answers(t, "-WRONGPASS no").Ping(t.Context()).Err()
	if got := redisconn.Answer(err); got != "WRONGPASS no" {
		t.Errorf("%q of %v", got, err)
	}
	broken := redisconn.Open(redisconn.Options{Address: "x:1", Most: 1, Dial: func(context.Context, string) (net.Conn, error) { return nil, errors.New("nobody there") }})
	defer func() { _ = broken.Close() }()
	for _, err := range []error{nil, redis.Nil, broken.Ping(t.Context()).Err()} {
		if got := redisconn.Answer(err); got != "" {
			t.Errorf("%q of %v", got, err)
		}
	}
}
