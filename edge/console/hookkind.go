package console

import (
	"net/url"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/webhook/broker"
)

// hookKind is a kind of receiver, and what people have to know to write its
// address.
type hookKind struct {
	Key, Name, Example, Hint string
	Broker                   string // what package broker calls it; "" for a web server
}

// hookKinds are offered in this order.
var hookKinds = []hookKind{
	{Key: "web", Name: "Web server", Example: "https://hooks.example.com/guestright", Hint: "A public https address that your server answers at."},
	{Key: "redis", Name: "Redis or Valkey", Example: "rediss://host:6379/0?stream=orders", Broker: "Redis or Valkey stream",
		Hint: "rediss means with TLS, /0 is the number of the database, and stream names the stream that gets an entry for each event. With &maxlen=100000 it keeps about that many."},
	{Key: "nats", Name: "NATS", Example: "nats+tls://host:4222?subject=orders", Broker: "NATS JetStream",
		Hint: "The subject must be one that a JetStream stream of yours takes; &domain=NAME names another JetStream domain."},
	{Key: "rabbit", Name: "RabbitMQ", Example: "amqps://host:5671/vhost?queue=orders", Broker: "RabbitMQ",
		Hint: "Name a queue that is there; or, instead of queue, an exchange with ?exchange=NAME&key=ROUTINGKEY. What no queue takes counts as failed."},
	{Key: "kafka", Name: "Kafka", Example: "kafka+tls://host:9093?topic=orders&sasl=scram-sha-512", Broker: "Kafka",
		Hint: "Name one of the brokers, the topic, and how we sign in there: sasl is plain, scram-sha-256 or scram-sha-512."},
}

// kind is what the form is for: what was chosen, unless somebody then entered
// another broker's address.
func (f hookEntry) kind() hookKind {
	name := broker.Name(f.URL)
	for _, k := range hookKinds {
		if f.To == k.Key && (!f.entered() || name == "") {
			return k
		}
	}
	for _, k := range hookKinds {
		if name == k.Broker {
			return k
		}
	}
	return hookKinds[0]
}

// entered says that the form comes back with something to put right.
func (f hookEntry) entered() bool { return f.Faults.text != "" }

// address is what stands in the field: not that of another kind.
func (f hookEntry) address() string {
	if !f.entered() && broker.Name(f.URL) != f.kind().Broker {
		return ""
	}
	return f.URL
}

// signsIn says whether the form asks for user name and password.
func (f hookEntry) signsIn() bool {
	return f.kind().Broker != "" || f.Username != "" || f.Faults.at("/username") != "" || f.Faults.at("/password") != ""
}

// usernameHint is for kinds that also take something else.
func (f hookEntry) usernameHint() string {
	if f.kind().Key == "nats" {
		return "For a token leave this empty and enter the token as the password."
	}
	return ""
}

// kindTabs lead to the form for another kind.
func kindTabs(f hookEntry) page.Tabs {
	t := page.Tabs{Label: "Where events go"}
	for _, k := range hookKinds {
		t.Links = append(t.Links, page.Link{Text: k.Name, URL: f.Action + "?" + url.Values{"to": {k.Key}}.Encode(), Current: k.Key == f.kind().Key})
	}
	return t
}
