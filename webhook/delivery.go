package webhook

import (
	"math/rand/v2"
	"time"

	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/webhook/broker"
)

// DeliveryID identifies a Delivery. It is made of its number and its time.
type DeliveryID = ident.ID[Delivery]

// State of a Delivery.
type State string

// The states.
const (
	Waiting   State = "waiting"
	Delivered State = "delivered"
	Exhausted State = "exhausted"
	Dropped   State = "dropped"
	Skipped   State = "skipped" // the integration has nothing to say about it
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID       DeliveryID `json:"id"`
	Endpoint string     `json:"endpoint"`
	Event    string     `json:"event"`
	Account  string     `json:"account"`
	Grant    string     `json:"grant" doc:"Under which it is delivered"`
	Type     string     `json:"type" doc:"Of the event"`
	Test     bool       `json:"test,omitempty" doc:"Of a made-up event"`
	State    State      `json:"state" enum:"waiting,delivered,exhausted,dropped,skipped"`
	Reason   string     `json:"reason,omitempty" doc:"Why it was dropped or skipped"`
	Attempts int        `json:"attempts" doc:"Made so far"`
	Due      time.Time  `json:"due,omitzero" doc:"When the next attempt follows, unless the endpoint's circuit is open"`
	Status   int        `json:"status,omitempty" doc:"HTTP status of the last answer; 200 when a message broker stored it"`
	Failure  string     `json:"failure,omitempty" doc:"Why the last attempt got no answer"`
	Created  time.Time  `json:"created"`
	Updated  time.Time  `json:"updated"`

	d        int64 // 0: it has no row yet
	n        int64 // of the event
	step     int
	ordering string
}

// IDPrefix implements ident.Named.
func (Delivery) IDPrefix() string { return "dlv" }

// Ladder is how long after an attempt the next follows: ten attempts over some
// 75 hours (the example schedule of Standard Webhooks).
var ladder = [...]time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// jitter is how far a step is varied to either side, so that what failed together
// does not come back together.
const jitter = 0.1

// outcome is how one attempt came out.
type outcome struct {
	status  int    // 0: no answer
	failure string // why not
	after   string // Retry-After of the answer
	probe   bool   // of an open circuit: it does not count
	strict  bool   // the receiver has a form of its own: what it refuses it refuses again
}

// ok reports success: any 2xx. A 3xx is a failure, since nobody follows it.
func (o outcome) ok() bool { return o.status/100 == 2 }

// gone reports whether the receiver wants to hear no more.
func (o outcome) gone() bool { return o.status == 410 }

// hopeless reports whether the receiver can never take this delivery.
func (o outcome) hopeless() bool {
	refused := o.status/100 == 4 && o.status != 408 && o.status != 425 && o.status != 429
	return o.failure == string(broker.TooLarge) || o.strict && (refused || o.failure == string(BadTemplate))
}

// attempted is the whole policy of retries. Whatever is not 2xx is tried again,
// also a 404: receivers come back with the next deployment.
func (d *Delivery) attempted(now time.Time, o outcome) {
	d.Attempts++
	d.Updated, d.Status, d.Failure = now, o.status, o.failure
	switch {
	case o.ok():
		d.State, d.Due = Delivered, time.Time{}
	case o.gone(), o.hopeless():
		d.State, d.Due = Exhausted, time.Time{}
	case o.probe:
		d.State, d.Due = Waiting, now
	case d.step >= len(ladder):
		d.State, d.Due = Exhausted, time.Time{}
	default:
		pause := varied(ladder[d.step])
		if asked := hook.Wait(o.after, now); asked > pause {
			pause = asked
		}
		d.step++
		d.State, d.Due = Waiting, now.Add(pause)
	}
}

// again begins a replay.
func (d *Delivery) again(now time.Time) {
	d.State, d.Reason, d.step, d.Due, d.Updated = Waiting, "", 0, now, now
}

func varied(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*rand.Float64()))
}

// Attempt is one request and what came back.
type Attempt struct {
	Number  int       `json:"number"`
	At      time.Time `json:"at"`
	Took    float64   `json:"duration_ms"`
	Status  int       `json:"status,omitempty" doc:"HTTP status of the answer, 200 when a message broker stored it; absent without one"`
	Failure string    `json:"failure,omitempty" doc:"Why there was no answer: url, request, refused, dns, connect, tls, timeout, connection, unreadable; of a message broker also credentials, rejected, too_large"`
	Probe   bool      `json:"probe,omitempty" doc:"It tried whether the receiver is back and does not count"`
	Answer  string    `json:"answer,omitempty" doc:"The beginning of the answer's body, at most 64 KiB, credentials taken out"`
	Cut     bool      `json:"cut,omitempty" doc:"The answer was longer or did not end"`
}
