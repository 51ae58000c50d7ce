package webhook_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/webhook"
)

// stand is a message broker of the test's own on loopback.
type stand struct {
	address  string // of an endpoint
	at       string // host and port
	username string
	password string
	read     func() received // the next message
	start    func()
	stop     func()
}

// program runs a server until stop; start waits until it is ready.
func program(t *testing.T, ready func() bool, env []string, argv ...string) (start, stop func()) {
	t.Helper()
	var cmd *exec.Cmd
	stop = func() {
		if cmd != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // with what it started
			_ = cmd.Wait()
			cmd = nil
		}
	}
	start = func() {
		cmd = exec.Command(argv[0], argv[1:]...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Env = append(os.Environ(), env...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(30 * time.Second); !ready(); {
			if time.Now().After(end) {
				t.Fatalf("%s does not answer", argv[0])
			}
			pause(20 * time.Millisecond)
		}
	}
	t.Cleanup(stop)
	return start, stop
}

// listens says whether somebody takes connections there.
func listens(at string) func() bool {
	return func() bool {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}
}

func pause(d time.Duration) { <-time.After(d) }

func redisStand(t *testing.T, scheme string) stand {
	t.Helper()
	path := testenv.Tool(t, "redis-server", "valkey-server")
	at := testenv.Addresses(t, 1)[0]
	_, port, _ := net.SplitHostPort(at)
	client := redis.NewClient(&redis.Options{Addr: at, Username: "guest", Password: "open sesame", MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	s := stand{address: scheme + "://" + at + "/1?stream=orders&maxlen=1000", at: at, username: "guest", password: "open sesame"}
	dir := t.TempDir()
	conf := "port " + port + "\nbind 127.0.0.1\ndir " + dir + "\nsave \"\"\nuser guest on \">open sesame\" allkeys allcommands\nuser default off\n"
	if err := os.WriteFile(dir+"/redis.conf", []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start, s.stop = program(t, listens(at), nil, path, dir+"/redis.conf")
	last := "0"
	s.read = func() received {
		own := client.Conn()
		defer func() { _ = own.Close() }()
		if err := own.Select(t.Context(), 1).Err(); err != nil {
			t.Fatal(err)
		}
		got, err := own.XRead(t.Context(), &redis.XReadArgs{Streams: []string{"orders", last}, Count: 1, Block: 20 * time.Second}).Result()
		if err != nil {
			t.Fatal(err)
		}
		m := got[0].Messages[0]
		last = m.ID
		r := received{header: http.Header{}}
		for name, v := range m.Values {
			if name == "body" {
				r.body = []byte(v.(string))
				continue
			}
			r.header.Set(name, v.(string))
		}
		return r
	}
	inner := s.stop
	s.stop = func() { last = "0"; inner() } // it keeps nothing
	return s
}

// brokers are the kinds that are tested, each with a real server.
var brokers = map[string]func(*testing.T) stand{
	"redis":  func(t *testing.T) stand { return redisStand(t, "redis") },
	"valkey": func(t *testing.T) stand { return redisStand(t, "valkey") },
	"nats":   natsStand, "rabbit": rabbitStand, "kafka": kafkaStand,
}

// A message broker gets the same messages with the same headers, in the same
// records: wrong credentials are a failure that says so without them, and what
// could not be sent goes out once the broker is back.
func TestMessageBrokers(t *testing.T) {
	t.Parallel()
	for name, open := range brokers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.start()
			h := houseFor(t, b)
			e, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: b.address, Username: b.username, Password: &b.password, Types: []string{"flag.*"}})
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == "" || !e.HasPassword {
				t.Fatalf("%+v", e.Endpoint)
			}
			id := h.say(flag("a"))[0].ID.String()
			got := b.read()
			verifies(t, e.Secret.Reveal(), got)
			if got.id() != id || got.header.Get("Content-Type") != "application/json" || got.read(t).Type != "flag.turned_on" {
				t.Errorf("%v %s", got.header, got.body)
			}
			d := h.settled(e.ID, id, webhook.Delivered)
			if len(d.Tries) != 1 || d.Tries[0].Status != http.StatusOK || d.Tries[0].Answer == "" {
				t.Errorf("%+v", d.Tries)
			}

			wrong := "open barley"
			if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: b.address, Username: b.username, Password: &wrong}); err != nil {
				t.Fatal(err)
			}
			made, err := h.Webhooks.Test(t.Context(), h.dev, e.ID, webhook.TestDraft{})
			if err != nil {
				t.Fatal(err)
			}
			d = h.tried(e.ID, made.Event, 1)
			if d.State != webhook.Waiting || d.Failure != "credentials" || strings.Contains(d.Tries[0].Answer, wrong) || strings.Contains(d.Tries[0].Answer, b.at) {
				t.Errorf("wrong credentials: %+v", d)
			}

			b.stop()
			if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: b.address, Username: b.username, Password: &b.password}); err != nil {
				t.Fatal(err)
			}
			late := h.say(flag("b"))[0].ID.String()
			if d = h.tried(e.ID, late, 1); d.State != webhook.Waiting || d.Status != 0 || d.Failure != "connect" && d.Failure != "connection" || d.Tries[0].Answer != "" {
				t.Errorf("down: %+v", d)
			}
			b.start()
			h.clock.Advance(10 * time.Second)
			seen := map[string]bool{b.read().id(): true, b.read().id(): true}
			if !seen[late] || !seen[made.Event] {
				t.Errorf("%v came, not %s and %s", seen, late, made.Event)
			}
			h.settled(e.ID, late, webhook.Delivered)
		})
	}
}

// houseFor is a platform that may call a broker.
func houseFor(t *testing.T, b stand) *house {
	t.Helper()
	client, err := outbound.NewDemo(nil, []netip.AddrPort{netip.MustParseAddrPort(b.at)})
	if err != nil {
		t.Fatal(err)
	}
	return houseWith(t, client)
}

func houseWith(t *testing.T, client *outbound.Client) *house {
	t.Helper()
	clock := storetest.NewClock()
	h := &house{House: servertest.Start(t, servertest.Options{DB: storetest.Open(t, clock), Clock: clock, Outbound: client}), t: t, clock: clock}
	h.admin, h.acc = h.Customer("harbour", account.Production)
	dev, team := h.Developer("dev@example.com")
	h.dev = dev
	h.app, h.key = h.Release(dev, team, "flags.read")
	h.Install(h.admin, h.acc, h.app)
	return h
}

// tried waits until a delivery had so many attempts.
func (h *house) tried(id webhook.ID, event string, n int) webhook.Shown {
	return h.await(id, event, func(d webhook.Shown) bool { return len(d.Tries) >= n })
}

func (h *house) settled(id webhook.ID, event string, s webhook.State) webhook.Shown {
	return h.await(id, event, func(d webhook.Shown) bool { return d.State == s })
}

func (h *house) await(id webhook.ID, of string, ok func(webhook.Shown) bool) webhook.Shown {
	h.t.Helper()
	var shown webhook.Shown
	h.until("the delivery is written", func() bool {
		all, err := h.Webhooks.Deliveries(h.t.Context(), h.dev, webhook.Filter{Endpoint: id, Limit: 50})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, d := range all {
			if d.Event == of {
				shown, err = h.Webhooks.Show(h.t.Context(), h.dev, d.ID)
				return err == nil && ok(shown)
			}
		}
		return false
	})
	return shown
}

type named map[string]string

// LookupNetIP implements outbound.Resolver.
func (n named) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	a, err := netip.ParseAddr(n[strings.TrimSuffix(host, ".")])
	return []netip.Addr{a}, err
}

// safely are addresses with TLS at which somebody listens on this machine.
var safely = []string{"nats+tls://mine.example.com:%s?subject=s", "amqps://mine.example.com:%s/v?queue=q", "kafka+tls://mine.example.com:%s?topic=t", "rediss://mine.example.com:%s/0?stream=s", "valkeys://mine.example.com:%s?stream=s"}

// A stranger's broker is judged as a stranger's web server is: what is inside
// sees no connection, whatever the protocol.
func TestBrokersInsideAreRefused(t *testing.T) {
	t.Parallel()
	decoy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = decoy.Close() })
	called := make(chan struct{}, 100)
	go func() {
		for {
			conn, err := decoy.Accept()
			if err != nil {
				return
			}
			called <- struct{}{}
			_ = conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(decoy.Addr().String())
	client, err := outbound.New(outbound.Config{Resolver: named{"mine.example.com": "127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	h := houseWith(t, client)
	for _, pattern := range safely {
		address := strings.Replace(pattern, "%s", port, 1)
		e, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: address})
		if err != nil {
			t.Fatal(address, err)
		}
		made, err := h.Webhooks.Test(t.Context(), h.dev, e.ID, webhook.TestDraft{})
		if err != nil {
			t.Fatal(err)
		}
		if d := h.tried(e.ID, made.Event, 1); d.Failure != "refused" || d.Tries[0].Answer != "" {
			t.Errorf("%s: %+v", address, d)
		}
	}
	if len(called) != 0 {
		t.Errorf("the decoy was called %d times", len(called))
	}
}

// Addresses and credentials are judged before they are stored, and a password
// does not follow an endpoint to another server.
func TestBrokerDraftsAreJudged(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	for address, want := range map[string]string{
		"redis://mine.example.com:6379?stream=s": "url_scheme", "rediss://10.0.0.1:6379?stream=s": "url_address", "rediss://mine.example.com:25?stream=s": "url_port",
		"rediss://u:p@mine.example.com?stream=s": "url_userinfo", "rediss://mine.example.com": "destination_parameter", "rediss://mine.example.com?stream=": "destination_parameter",
		"rediss://mine.example.com?stream=s&password=x": "destination_parameter", "rediss://mine.example.com/x?stream=s": "destination_parameter",
		"rediss://mine.example.com?stream=s&maxlen=-1": "destination_parameter", "rediss://localhost?stream=s": "url_host", "rediss://mine.example.com?stream=s#x": "url_fragment",
		"rediss://?stream=s": "url_invalid", "rediss://mine.example.com?stream=a b": "url_invalid", "ftp://mine.example.com": "url_scheme",
		"nats+tls://mine.example.com?subject=a.*": "destination_parameter", "nats+tls://mine.example.com/x?subject=a": "destination_parameter", "nats://mine.example.com?subject=a": "url_scheme",
		"amqps://mine.example.com/v?queue=q&exchange=e": "destination_parameter", "amqps://mine.example.com/v": "destination_parameter",
		"kafka+tls://mine.example.com?topic=t&sasl=none": "destination_parameter", "kafka://mine.example.com?topic=t": "url_scheme",
	} {
		_, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: address})
		if p := problem.Of(err); err == nil || len(p.Fields) != 1 || p.Fields[0].Code != want || p.Fields[0].Pointer != "/url" {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	secret := "open sesame"
	if _, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: h.recv.URL, Username: "u", Password: &secret}); err == nil || len(problem.Of(err).Fields) != 2 {
		t.Errorf("credentials for a web server: %v", err)
	}
	e, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: "rediss://mine.example.com?stream=s", Username: "u", Password: &secret, Disabled: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: "rediss://other.example.com?stream=s", Username: "u", Disabled: true}); err == nil || problem.Of(err).Fields[0].Code != "password_again" {
		t.Errorf("moved: %v", err)
	}
	same, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: "rediss://mine.example.com?stream=t", Username: "u", Disabled: true})
	if err != nil || !same.HasPassword {
		t.Errorf("another stream: %+v %v", same, err)
	}
	none := ""
	if same, err = h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: "rediss://other.example.com?stream=t", Password: &none, Disabled: true}); err != nil || same.HasPassword {
		t.Errorf("without: %+v %v", same, err)
	}
}
