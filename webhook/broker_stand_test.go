package webhook_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/guestright/guestright/kit/testenv"
)

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func portOf(t *testing.T, at string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func natsStand(t *testing.T) stand {
	t.Helper()
	at := freePort(t)
	s := stand{address: "nats://" + at + "?subject=orders.flags", at: at, username: "guest", password: "open sesame"}
	dir := t.TempDir()
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
		srv, err = server.NewServer(&server.Options{Host: "127.0.0.1", Port: portOf(t, at), Username: s.username, Password: s.password, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true})
		if err != nil {
			t.Fatal(err)
		}
		srv.Start()
		if !srv.ReadyForConnections(10 * time.Second) {
			t.Fatal("NATS does not start")
		}
		if conn, err = nats.Connect("nats://"+at, nats.UserInfo(s.username, s.password)); err != nil {
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
		ctx := within(t)
		stream, err := js.Stream(ctx, "ORDERS")
		if err != nil {
			t.Fatal(err)
		}
		consumer, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: next})
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

func rabbitStand(t *testing.T) stand {
	t.Helper()
	path := testenv.Tool(t, "rabbitmq-server")
	at, dist, dir := freePort(t), freePort(t), t.TempDir()
	s := stand{address: "amqp://" + at + "/?queue=orders", at: at, username: "guest", password: "guest"}
	config := filepath.Join(dir, "rabbitmq.conf")
	if err := os.WriteFile(config, []byte("listeners.tcp.1 = "+at+"\nloopback_users = none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ready := func() bool {
		conn, err := amqp.Dial("amqp://guest:guest@" + at + "/")
		return err == nil && conn.Close() == nil
	}
	s.start, s.stop = program(t, ready, []string{"RABBITMQ_NODENAME=t" + strconv.Itoa(portOf(t, at)) + "@localhost", "RABBITMQ_CONFIG_FILE=" + config, "RABBITMQ_MNESIA_BASE=" + dir, "RABBITMQ_LOG_BASE=" + dir, "HOME=" + dir,
		"RABBITMQ_DIST_PORT=" + strconv.Itoa(portOf(t, dist)), "RABBITMQ_ENABLED_PLUGINS_FILE=" + filepath.Join(dir, "plugins"), "ERL_EPMD_ADDRESS=127.0.0.1"}, path)
	begin := s.start
	s.start = func() {
		begin()
		s.channel(t, func(c *amqp.Channel) {
			if _, err := c.QueueDeclare("orders", true, false, false, false, nil); err != nil {
				t.Fatal(err)
			}
		})
	}
	s.read = func() received {
		var r received
		s.channel(t, func(c *amqp.Channel) {
			if err := c.Qos(1, 0, false); err != nil {
				t.Fatal(err)
			}
			got, err := c.Consume("orders", "", false, false, false, false, nil)
			if err != nil {
				t.Fatal(err)
			}
			select {
			case m := <-got:
				if err := m.Ack(false); err != nil {
					t.Fatal(err)
				}
				r = received{header: http.Header{}, body: m.Body}
				for name, v := range m.Headers {
					r.header.Set(name, v.(string))
				}
			case <-within(t).Done():
				t.Fatal("no message came")
			}
		})
		return r
	}
	return s
}

func (s stand) channel(t *testing.T, f func(*amqp.Channel)) {
	t.Helper()
	conn, err := amqp.Dial("amqp://guest:guest@" + s.at + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	c, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	f(c)
}

func kafkaStand(t *testing.T) stand {
	t.Helper()
	at := freePort(t)
	s := stand{address: "kafka://" + at + "?topic=orders", at: at, username: "guest", password: "open sesame"}
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
		cluster, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(portOf(t, at)), kfake.SeedTopics(1, "orders"), kfake.EnableSASL(), kfake.Superuser("PLAIN", s.username, s.password))
		if err != nil {
			t.Fatal(err)
		}
		client, err = kgo.NewClient(kgo.SeedBrokers(at), kgo.SASL(plain.Auth{User: s.username, Pass: s.password}.AsMechanism()), kgo.ConsumeTopics("orders"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		if err != nil {
			t.Fatal(err)
		}
	}
	s.read = func() received {
		got := client.PollRecords(within(t), 1)
		if err := got.Err(); err != nil {
			t.Fatal(err)
		}
		m := got.Records()[0]
		r := received{header: http.Header{}, body: m.Value}
		for _, h := range m.Headers {
			r.header.Set(h.Key, string(h.Value))
		}
		return r
	}
	return s
}
