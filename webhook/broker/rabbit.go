package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// rabbitKind publishes persistent messages with publisher confirms
// (https://www.rabbitmq.com/docs/confirms#publisher-confirms), to a queue or to
// an exchange with a routing key. What no queue takes is returned, and counts as
// rejected.
var rabbitKind = &kind{
	name: "RabbitMQ", plain: []string{"amqp"}, tls: []string{"amqps"}, port: "5672", ports: "5671",
	needs: []string{"queue", "exchange"}, takes: []string{"key"}, check: checkRabbit, open: openRabbit,
}

func checkRabbit(u *url.URL) string {
	q := u.Query()
	if q.Has("queue") && (q.Has("exchange") || q.Has("key")) {
		return "Name a queue, or an exchange with a key, not both."
	}
	return ""
}

type rabbitLine struct {
	conn          *amqp.Connection
	channel       *amqp.Channel
	exchange, key string

	mu       sync.Mutex
	returns  chan amqp.Return
	returned map[string]string // message → why
}

// returnsMost is how many returned messages wait to be looked at; each sender
// looks before it ends, and no endpoint has so many.
const returnsMost = 256

func openRabbit(t Target, d *dialer) (line, error) {
	l := &rabbitLine{exchange: t.param("exchange"), key: t.param("key"), returned: map[string]string{}}
	if q := t.param("queue"); q != "" {
		l.key = q
	}
	vhost := strings.TrimPrefix(t.URL.Path, "/")
	if vhost == "" {
		vhost = "/"
	}
	user, password := t.Username, t.Password.Reveal()
	if user == "" && password == "" {
		user, password = "guest", "guest" // the protocol's default
	}
	var err error
	l.conn, err = amqp.DialConfig("amqp://"+t.address(), amqp.Config{
		SASL: []amqp.Authentication{&amqp.PlainAuth{Username: user, Password: password}}, Vhost: vhost, Heartbeat: 10 * time.Second,
		Dial: func(_, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(context.Background(), openTime)
			defer cancel()
			conn, err := d.dial(ctx, address, false)
			if err != nil {
				return nil, err
			}
			return conn, conn.SetDeadline(time.Now().Add(openTime)) // the client lifts it after the greeting
		},
	})
	if err != nil {
		return nil, rabbitError(err)
	}
	l.channel, err = l.conn.Channel()
	if err == nil {
		err = l.channel.Confirm(false)
	}
	if err != nil {
		l.close()
		return nil, rabbitError(err)
	}
	l.returns = l.channel.NotifyReturn(make(chan amqp.Return, returnsMost))
	return l, nil
}

func (l *rabbitLine) send(ctx context.Context, m Message) (string, error) {
	out := amqp.Publishing{MessageId: m.ID, ContentType: "application/json", DeliveryMode: amqp.Persistent, Body: m.Body, Headers: amqp.Table{}}
	for _, f := range m.Header {
		out.Headers[f.Name] = f.Value
	}
	l.wasReturned(m.ID) // from an attempt before, which did not wait for it
	confirmed, err := l.channel.PublishWithDeferredConfirmWithContext(ctx, l.exchange, l.key, true, false, out)
	if err != nil {
		return "", rabbitError(err)
	}
	ok, err := confirmed.WaitContext(ctx)
	if err != nil {
		return "", err
	}
	if why := l.wasReturned(m.ID); why != "" {
		return "", &said{Rejected, why}
	}
	switch {
	case ok && l.exchange != "":
		return "Confirmed by the exchange " + l.exchange + ".", nil
	case ok:
		return "Confirmed for the queue " + l.key + ".", nil
	case l.channel.IsClosed(): // for example as there is no such exchange
		return "", &said{Rejected, "The broker closed the channel: there may be no such exchange, or no right to write to it."}
	}
	return "", &said{Rejected, "The broker did not take the message."}
}

// wasReturned looks whether a message came back. The server sends it before it
// confirms (basic.return before basic.ack).
func (l *rabbitLine) wasReturned(id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		select {
		case r, ok := <-l.returns:
			if ok {
				l.returned[r.MessageId] = fmt.Sprintf("No queue takes it: %d %s", r.ReplyCode, r.ReplyText)
				continue
			}
		default:
		}
		why := l.returned[id]
		delete(l.returned, id)
		return why
	}
}

// rabbitError tells what the server answered from what broke on the way.
func rabbitError(err error) error {
	e, ok := errors.AsType[*amqp.Error](err)
	switch {
	case !ok || errors.Is(err, amqp.ErrClosed):
		return err
	case e.Code == amqp.AccessRefused || errors.Is(err, amqp.ErrCredentials) || errors.Is(err, amqp.ErrVhost):
		return &said{Credentials, e.Reason}
	case !e.Server:
		return err
	}
	return &said{Rejected, e.Reason}
}

func (l *rabbitLine) close() { _ = l.conn.Close() }
