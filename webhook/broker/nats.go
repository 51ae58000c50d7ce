package broker

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// natsKind publishes to a subject that a stream of JetStream takes
// (https://docs.nats.io/nats-concepts/jetstream). A password without a user name
// is a token. The id of the message is its Nats-Msg-Id, by which the stream
// leaves out what it has already.
var natsKind = &kind{
	name: "NATS JetStream", plain: []string{"nats"}, tls: []string{"nats+tls"}, port: "4222", ports: "4222",
	needs: []string{"subject"}, takes: []string{"domain"}, check: checkNATS, open: openNATS,
}

func checkNATS(u *url.URL) string {
	if strings.ContainsAny(u.Query().Get("subject"), "*>") {
		return "The subject must be one, without * and >."
	}
	if strings.Trim(u.Path, "/") != "" {
		return "An address of NATS has no path."
	}
	return ""
}

type natsLine struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	subject string
}

// natsDialer is the guarded dialer as the client takes one.
type natsDialer struct{ *dialer }

// Dial implements nats.CustomDialer.
func (d natsDialer) Dial(_, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), openTime)
	defer cancel()
	return d.dial(ctx, address, true)
}

func openNATS(t Target, d *dialer) (line, error) {
	options := []nats.Option{
		nats.SetCustomDialer(natsDialer{d}), nats.SkipHostLookup(), // names are looked up by the guard only
		nats.Timeout(openTime), nats.NoReconnect(), nats.IgnoreDiscoveredServers(), nats.DontRandomize(), nats.Name("Guestright"),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}
	switch {
	case t.Username != "":
		options = append(options, nats.UserInfo(t.Username, t.Password.Reveal()))
	case !t.Password.IsZero():
		options = append(options, nats.Token(t.Password.Reveal()))
	}
	if !t.Plain {
		options = append(options, nats.Secure(d.client.TLS(t.URL.Hostname())))
	}
	conn, err := nats.Connect("nats://"+t.address(), options...)
	if err != nil {
		return nil, natsError(err)
	}
	l := &natsLine{conn: conn, subject: t.param("subject")}
	if domain := t.param("domain"); domain != "" {
		l.js, err = jetstream.NewWithDomain(conn, domain)
	} else {
		l.js, err = jetstream.New(conn)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return l, nil
}

func (l *natsLine) send(ctx context.Context, m Message) (string, error) {
	out := nats.NewMsg(l.subject)
	out.Data = m.Body
	for _, f := range m.Header {
		out.Header[f.Name] = []string{f.Value}
	}
	got, err := l.js.PublishMsg(ctx, out, jetstream.WithMsgID(m.ID), jetstream.WithRetryAttempts(0))
	if err != nil {
		return "", natsError(err)
	}
	answer := "Number " + strconv.FormatUint(got.Sequence, 10) + " of the stream " + got.Stream + "."
	if got.Duplicate {
		answer += " It was there already."
	}
	return answer, nil
}

// natsError tells what the server answered from what broke on the way.
func natsError(err error) error {
	api, refused := errors.AsType[*jetstream.APIError](err)
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrPermissionViolation), errors.Is(err, nats.ErrAccountAuthExpired):
		return &said{Credentials, err.Error()}
	case errors.Is(err, nats.ErrMaxPayload):
		return &said{TooLarge, err.Error()}
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return &said{Rejected, "No stream takes this subject."}
	case refused:
		return &said{Rejected, api.Description}
	}
	return err
}

func (l *natsLine) close() { l.conn.Close() }
