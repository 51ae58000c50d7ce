package webhook_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/guestright/guestright/kit/testenv"
)

// natsStand is the server itself, in the test's process.
func natsStand(t *testing.T, secure bool) stand {
	t.Helper()
	at := testenv.Addresses(t, 1)[0]
	s := stand{address: "nats://" + at + "?subject=orders.flags", at: at, username: "guest", password: "open sesame"}
	options := server.Options{Host: "127.0.0.1", Port: portOf(t, at), Username: s.username, Password: s.password, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true}
	with := []nats.Option{nats.UserInfo(s.username, s.password)}
	if secure {
		s.address = "nats+tls://" + reached(at, true) + "?subject=orders.flags"
		var pair tls.Certificate
		pair, s.roots = certified(t)
		options.TLS, options.TLSTimeout, options.TLSConfig = true, 5, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		with = append(with, nats.Secure(&tls.Config{RootCAs: s.roots, ServerName: publicHost, MinVersion: tls.VersionTLS12}))
	}
	var srv *server.Server
	var conn *nats.Conn
	s.stop = func() {
		if srv != nil {
			conn.Close()
			srv.Shutdown()
			srv.WaitForShutdown()
			srv = nil
		}
	}
	t.Cleanup(func() { s.stop() })
	next := uint64(1)
	var js jetstream.JetStream
	s.start = func() {
		var err error
		if srv, err = server.NewServer(options.Clone()); err != nil {
			t.Fatal(err)
		}
		srv.Start()
		if !srv.ReadyForConnections(10 * time.Second) {
			t.Fatal("NATS does not start")
		}
		if conn, err = nats.Connect("nats://"+at, with...); err != nil {
			t.Fatal(err)
		}
		if js, err = jetstream.New(conn); err != nil {
			t.Fatal(err)
		}
		if _, err = js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.*"}}); err != nil {
			t.Fatal(err)
		}
	}
	s.read = func() received {
		stream, err := js.Stream(within(t), "ORDERS")
		if err != nil {
			t.Fatal(err)
		}
		consumer, err := stream.CreateConsumer(within(t), jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: next})
		if err != nil {
			t.Fatal(err)
		}
		m, err := consumer.Next(jetstream.FetchMaxWait(20 * time.Second))
		if err != nil {
			t.Fatal(err)
		}
		next++
		r := received{header: http.Header{}, body: m.Data()}
		for name, v := range m.Headers() {
			r.header.Set(name, v[0])
		}
		return r
	}
	return s
}

// kafkaStand speaks Kafka's protocol in the test's process. leader is the
// address that it gives out for the partition; "": its own.
func kafkaStand(t *testing.T, secure bool, leader string) stand {
	t.Helper()
	at := testenv.Addresses(t, 1)[0]
	s := stand{address: "kafka://" + at + "?topic=orders", at: at, username: "guest", password: "open sesame"}
	options := []kfake.Opt{kfake.NumBrokers(1), kfake.Ports(portOf(t, at)), kfake.SeedTopics(1, "orders"), kfake.EnableSASL(), kfake.Superuser("PLAIN", s.username, s.password), kfake.DataDir(t.TempDir()), kfake.SyncWrites()}
	dialer := &net.Dialer{}
	dial := dialer.DialContext
	if secure {
		s.address = "kafka+tls://" + reached(at, true) + "?topic=orders"
		var pair tls.Certificate
		pair, s.roots = certified(t)
		options = append(options, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}))
		dial = (&tls.Dialer{Config: &tls.Config{RootCAs: s.roots, ServerName: publicHost, MinVersion: tls.VersionTLS12}}).DialContext
	}
	if leader == "" {
		leader = reached(at, secure)
	}
	var cluster *kfake.Cluster
	var client *kgo.Client
	s.stop = func() {
		if cluster != nil {
			client.Close()
			cluster.Close()
			cluster = nil
		}
	}
	t.Cleanup(func() { s.stop() })
	s.start = func() {
		var err error
		if cluster, err = kfake.NewCluster(options...); err != nil {
			t.Fatal(err)
		}
		topic := cluster.TopicInfo("orders").TopicID
		cluster.ControlKey(int16(kmsg.Metadata), func(r kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			return metadata(t, r.(*kmsg.MetadataRequest), leader, topic), nil, true
		})
		cluster.ControlKey(int16(kmsg.SASLAuthenticate), func(r kmsg.Request) (kmsg.Response, error, bool) {
			if bytes.Equal(r.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes, []byte("\x00"+s.username+"\x00"+s.password)) {
				return nil, nil, false
			}
			cluster.KeepControl() // KIP-152: a server says so; this one would only close the connection
			no := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
			no.ErrorCode = kerr.SaslAuthenticationFailed.Code
			return no, nil, true
		})
		client, err = kgo.NewClient(kgo.SeedBrokers(at), kgo.SASL(plain.Auth{User: s.username, Pass: s.password}.AsMechanism()), kgo.ConsumeTopics("orders"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
			kgo.Dialer(func(ctx context.Context, network, _ string) (net.Conn, error) { return dial(ctx, network, at) }))
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := map[int64]bool{}
	s.read = func() received {
		for {
			got := client.PollRecords(within(t), 1)
			if err := got.Err(); err != nil {
				t.Fatal(err)
			}
			m := got.Records()[0]
			if seen[m.Offset] {
				continue
			}
			seen[m.Offset] = true
			r := received{header: http.Header{}, body: m.Value}
			for _, h := range m.Headers {
				r.header.Set(h.Key, string(h.Value))
			}
			return r
		}
	}
	return s
}

// metadata tells who leads the one partition of the topic.
func metadata(t *testing.T, r *kmsg.MetadataRequest, leader string, topic [16]byte) kmsg.Response {
	t.Helper()
	host, _, _ := net.SplitHostPort(leader)
	out := r.ResponseKind().(*kmsg.MetadataResponse)
	broker := kmsg.NewMetadataResponseBroker()
	broker.Host, broker.Port = host, int32(portOf(t, leader))
	out.Brokers = append(out.Brokers, broker)
	one := kmsg.NewMetadataResponseTopic()
	one.Topic, one.TopicID = kmsg.StringPtr("orders"), topic
	part := kmsg.NewMetadataResponseTopicPartition()
	part.Replicas, part.ISR = []int32{0}, []int32{0}
	one.Partitions = append(one.Partitions, part)
	out.Topics = append(out.Topics, one)
	return out
}
