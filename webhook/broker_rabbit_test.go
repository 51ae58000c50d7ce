package webhook_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/guestright/guestright/kit/testenv"
)

// rabbitStand runs the server, and the daemon of its platform that knows the
// ports of nodes, on ports of the test's own: else the server would start one
// that stays.
func rabbitStand(t *testing.T) stand {
	t.Helper()
	path, epmd := testenv.Tool(t, "/usr/lib/rabbitmq/bin/rabbitmq-server"), testenv.Tool(t, "epmd")
	ports, dir := testenv.Addresses(t, 4), t.TempDir()
	plain, at, dist, names := ports[0], ports[1], portOf(t, ports[2]), portOf(t, ports[3])
	s := stand{address: "amqps://" + reached(at, true) + "/?queue=orders", at: at, username: "guest", password: "guest"}
	var pair tls.Certificate
	pair, s.roots = certified(t)
	cert, key := files(t, pair, dir)
	config, plugins := filepath.Join(dir, "rabbitmq.conf"), filepath.Join(dir, "plugins")
	for path, text := range map[string]string{plugins: "[].", config: fmt.Sprintf("listeners.tcp.1 = %s\nlisteners.ssl.1 = %s\nssl_options.certfile = %s\nssl_options.keyfile = %s\nloopback_users = none\n", plain, at, cert, key)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	nodes, _ := program(t, listens(ports[3]), nil, epmd, "-address", "127.0.0.1", "-port", strconv.Itoa(names))
	nodes()
	ready := func() bool {
		conn, err := amqp.Dial("amqp://guest:guest@" + plain + "/")
		return err == nil && conn.Close() == nil
	}
	start, stop := program(t, ready, []string{fmt.Sprintf("RABBITMQ_NODENAME=t%d@localhost", names), "RABBITMQ_CONFIG_FILE=" + config, "RABBITMQ_MNESIA_BASE=" + dir, "RABBITMQ_LOG_BASE=" + dir, "HOME=" + dir, "RABBITMQ_CONF_ENV_FILE=/dev/null",
		fmt.Sprint("RABBITMQ_DIST_PORT=", dist), "RABBITMQ_ENABLED_PLUGINS_FILE=" + plugins, fmt.Sprint("ERL_EPMD_PORT=", names), "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"}, path)
	s.stop = stop
	s.start = func() {
		start()
		channel(t, plain, func(c *amqp.Channel) {
			if _, err := c.QueueDeclare("orders", true, false, false, false, nil); err != nil {
				t.Fatal(err)
			}
		})
	}
	s.read = func() received {
		r := received{header: http.Header{}}
		channel(t, plain, func(c *amqp.Channel) {
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
				r.body = m.Body
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

func channel(t *testing.T, at string, f func(*amqp.Channel)) {
	t.Helper()
	conn, err := amqp.Dial("amqp://guest:guest@" + at + "/")
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
