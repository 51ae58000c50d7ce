package broker

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/guestright/guestright/kit/redisconn"
)

// redisKind adds messages to a stream (https://redis.io/docs/latest/commands/xadd/).
// Each header is a field of the entry, and the body is the field body.
var redisKind = &kind{
	name: "Redis or Valkey stream", plain: []string{"redis", "valkey"}, tls: []string{"rediss", "valkeys"}, port: "6379", ports: "6379",
	needs: []string{"stream"}, takes: []string{"maxlen"}, check: checkRedis, open: openRedis,
}

const redisDatabases = 1 << 16

func checkRedis(u *url.URL) string {
	if n, err := redisDatabase(u); err != nil || n < 0 || n >= redisDatabases {
		return "The path is the number of the database, such as /0."
	}
	if most := u.Query().Get("maxlen"); most != "" {
		if n, err := strconv.ParseInt(most, 10, 64); err != nil || n < 1 {
			return "The parameter maxlen is about how many entries the stream keeps: a number."
		}
	}
	return ""
}

func redisDatabase(u *url.URL) (int, error) {
	path := strings.Trim(u.Path, "/")
	if path == "" {
		return 0, nil
	}
	return strconv.Atoi(path)
}

type redisLine struct {
	client *redis.Client
	stream string
	most   int64
}

// redisConnections is how many connections one line opens at most.
const redisConnections = 16

func openRedis(t Target, d *dialer) (line, error) {
	n, err := redisDatabase(t.URL)
	if err != nil {
		return nil, err
	}
	l := &redisLine{stream: t.param("stream")}
	if most := t.param("maxlen"); most != "" {
		if l.most, err = strconv.ParseInt(most, 10, 64); err != nil {
			return nil, err
		}
	}
	l.client = redisconn.Open(redisconn.Options{Address: t.address(), Username: t.Username, Password: t.Password, Database: n, Most: redisConnections,
		Dial: func(ctx context.Context, address string) (net.Conn, error) { return d.dial(ctx, address, false) }})
	return l, nil
}

func (l *redisLine) send(ctx context.Context, m Message) (string, error) {
	values := make([]any, 0, 2*len(m.Header)+2)
	for _, f := range m.Header {
		values = append(values, f.Name, f.Value)
	}
	values = append(values, "body", m.Body)
	id, err := l.client.XAdd(ctx, &redis.XAddArgs{Stream: l.stream, MaxLen: l.most, Approx: l.most > 0, Values: values}).Result()
	if err != nil {
		return "", redisError(err)
	}
	return "Entry " + id + " of the stream " + l.stream + ".", nil
}

// redisError tells what the server answered from what broke on the way.
func redisError(err error) error {
	text := redisconn.Answer(err)
	if text == "" {
		return err
	}
	for _, code := range []string{"WRONGPASS", "NOAUTH", "NOPERM", "ERR AUTH"} {
		if strings.HasPrefix(text, code) {
			return &said{Credentials, text}
		}
	}
	return &said{Rejected, text}
}

func (l *redisLine) close() { _ = l.client.Close() }
