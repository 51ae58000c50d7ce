package console_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

// An endpoint may be a message broker: what we sign in with is entered beside the
// address, is never shown again, and does not follow it to another server.
func TestAnEndpointMayBeAMessageBroker(t *testing.T) {
	p := newPost(t)
	at := p.hooks()
	const address, password = "rediss://broker.example.com:6379/0?stream=orders", "correct-horse-battery"
	p.dev.submit(at+"/new", at+"/new", "url", "rediss://broker.example.com:6379/0", "type", "flag.*", "on", "on").has(t, "add ?stream=NAME")
	p.dev.submit(at+"/new", at+"/new", "url", "redis://broker.example.com:6379/0?stream=orders", "type", "flag.*", "on", "on").has(t, "must be encrypted")
	p.dev.submit(at+"/new", at+"/new", "url", p.url, "username", "writer", "type", "flag.*", "on", "on").has(t, "only a message broker is signed in at")
	id := p.make(p.dev, at, "url", address, "username", "writer", "password", password, "type", "flag.*")
	one := "/webhooks/" + id.String()
	p.dev.get(one).has(t, "Redis or Valkey stream", "as writer, with the stored password")
	keep := []string{"username", "writer", "concurrency", "4", "on", "on"}
	p.dev.submit(one+"/edit", one+"/edit", append(keep, "url", address+"&maxlen=1000")...).led(t, one)
	p.dev.get(one).has(t, "maxlen=1000", "with the stored password")
	p.dev.submit(one+"/edit", one+"/edit", append(keep, "url", "rediss://other.example.com:6379/0?stream=orders")...).has(t, "The stored password is for the server before.")
	for _, path := range []string{one, one + "/edit", at, "/applications/" + p.x.app.ID.String() + "/activity"} {
		if strings.Contains(p.dev.get(path).body, password) {
			t.Errorf("%s shows the password", path)
		}
	}
	p.dev.submit(one, one+"/disable").led(t, one)
	p.dev.get(one).has(t, "with the stored password")
	p.dev.submit(one+"/edit", one+"/edit", append(keep, "url", address, "no_password", "on")...).led(t, one)
	p.dev.get(one).has(t, "as writer, without a password")
}

// Where events go is chosen by name; the form then shows such an address, and
// asks what we sign in with where that is asked.
func TestTheKindOfReceiverIsChosenByName(t *testing.T) {
	p := newPost(t)
	at := p.hooks() + "/new"
	plain := p.dev.get(at)
	plain.has(t, "Web server", "Redis or Valkey", "NATS", "RabbitMQ", "Kafka", "public https address")
	if strings.Contains(plain.body, `name="password"`) {
		t.Error("a web server's password is asked for")
	}
	for key, want := range map[string][]string{
		"redis":  {"rediss://host:6379/0?stream=orders", "names the stream that gets an entry"},
		"nats":   {"nats+tls://host:4222?subject=orders", "JetStream", "For a token"},
		"rabbit": {"amqps://host:5671/vhost?queue=orders", "Name a queue"},
		"kafka":  {"kafka+tls://host:9093?topic=orders", "scram-sha-256"},
	} {
		a := p.dev.get(at + "?to=" + key)
		a.has(t, append(want, "User name", "Password")...)
		example := regexp.MustCompile(`<code>([^<]+)</code>`).FindStringSubmatch(a.body)
		if example == nil {
			t.Errorf("%s: no example", key)
			continue
		}
		address := strings.Replace(html.UnescapeString(example[1]), "host", "broker.example.com", 1)
		id := p.make(p.dev, p.hooks(), "to", key, "url", address, "username", "writer", "type", "flag.*")
		one := "/webhooks/" + id.String()
		p.dev.get(one).has(t, "Message broker", "as writer")
		edit := p.dev.get(one + "/edit")
		if !strings.Contains(html.UnescapeString(edit.body), address) {
			t.Errorf("%s: the address is not in the form", key)
		}
		if other := p.dev.get(one + "/edit?to=web"); strings.Contains(html.UnescapeString(other.body), address) {
			t.Errorf("%s: its address stands in the form of a web server", key)
		}
	}
	// What was entered decides, when it is another kind's, and comes back with what is wrong.
	p.dev.submit(at, at, "to", "web", "url", "amqps://broker.example.com/v", "type", "flag.*", "on", "on").has(t, "add ?queue=NAME", "Name a queue", "User name")
	p.dev.submit(at, at, "to", "kafka", "url", "kafka", "type", "flag.*", "on", "on").has(t, "scram-sha-256", "not an absolute URL")
}
