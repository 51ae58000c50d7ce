package broker

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// kafkaKind produces to a topic and waits for all replicas in sync
// (https://kafka.apache.org/protocol). Messages with one ordering key go to one
// partition. The brokers that the first one names are judged as it is.
var kafkaKind = &kind{
	name: "Kafka", plain: []string{"kafka"}, tls: []string{"kafka+tls"}, port: "9092", ports: "9093",
	needs: []string{"topic"}, takes: []string{"sasl"}, check: checkKafka, open: openKafka,
}

func checkKafka(u *url.URL) string {
	switch u.Query().Get("sasl") {
	case "", "plain", "scram-sha-256", "scram-sha-512":
		return ""
	}
	return "The parameter sasl is plain, scram-sha-256 or scram-sha-512."
}

type kafkaLine struct {
	client *kgo.Client
	topic  string
	met    atomic.Bool // the broker has answered once
}

func openKafka(t Target, d *dialer) (line, error) {
	options := []kgo.Opt{
		kgo.SeedBrokers(t.address()), kgo.ClientID("guestright"), kgo.DefaultProduceTopic(t.param("topic")),
		kgo.Dialer(func(ctx context.Context, _, address string) (net.Conn, error) { return d.dial(ctx, address, false) }),
		kgo.DialTimeout(openTime), kgo.RequestRetries(1), kgo.RecordRetries(1), kgo.RetryTimeout(openTime), kgo.UnknownTopicRetries(1),
		kgo.RequiredAcks(kgo.AllISRAcks()), kgo.DisableIdempotentWrite(), kgo.ProducerLinger(0), kgo.DisableClientMetrics(),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), kgo.ProduceRequestTimeout(10 * time.Second),
	}
	if t.Username != "" {
		options = append(options, kgo.SASL(mechanism(t)))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	return &kafkaLine{client: client, topic: t.param("topic")}, nil
}

func mechanism(t Target) sasl.Mechanism {
	user, password := t.Username, t.Password.Reveal()
	switch t.param("sasl") {
	case "scram-sha-256":
		return scram.Auth{User: user, Pass: password}.AsSha256Mechanism()
	case "scram-sha-512":
		return scram.Auth{User: user, Pass: password}.AsSha512Mechanism()
	}
	return plain.Auth{User: user, Pass: password}.AsMechanism()
}

func (l *kafkaLine) send(ctx context.Context, m Message) (string, error) {
	if !l.met.Load() { // what is wrong is told at once; producing would try until the time is over
		if err := l.client.Ping(ctx); err != nil {
			return "", kafkaError(err)
		}
		l.met.Store(true)
	}
	r := &kgo.Record{Value: m.Body}
	if m.Key != "" {
		r.Key = []byte(m.Key)
	}
	for _, f := range m.Header {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: f.Name, Value: []byte(f.Value)})
	}
	got, err := l.client.ProduceSync(ctx, r).First()
	if err != nil {
		return "", kafkaError(err)
	}
	return "Offset " + strconv.FormatInt(got.Offset, 10) + " of partition " + strconv.Itoa(int(got.Partition)) + " of the topic " + l.topic + ".", nil
}

// kafkaError tells what a broker answered from what broke on the way.
func kafkaError(err error) error {
	e, ok := errors.AsType[*kerr.Error](err)
	switch {
	case !ok:
		return err
	case errors.Is(e, kerr.SaslAuthenticationFailed), errors.Is(e, kerr.UnsupportedSaslMechanism), errors.Is(e, kerr.TopicAuthorizationFailed), errors.Is(e, kerr.ClusterAuthorizationFailed):
		return &said{Credentials, e.Message}
	case errors.Is(e, kerr.MessageTooLarge), errors.Is(e, kerr.RecordListTooLarge):
		return &said{TooLarge, e.Message}
	}
	return &said{Rejected, e.Message + ": " + e.Description}
}

func (l *kafkaLine) close() { l.client.Close() }
