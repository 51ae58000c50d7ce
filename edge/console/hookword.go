package console

import (
	"net/http"
	"strconv"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/webhook"
)

// endpointState says how an endpoint is doing.
func endpointState(e webhook.Endpoint) page.Badge {
	switch {
	case e.State == webhook.Disabled && e.Reason == webhook.ByRequest:
		return page.Badge{Text: "Off", Dot: true}
	case e.State == webhook.Disabled:
		return page.Badge{Text: "Disabled", Tone: page.ToneBad, Dot: true}
	case e.Circuit.State == webhook.Open:
		return page.Badge{Text: "Circuit open", Tone: page.ToneBad, Dot: true}
	case e.Circuit.State == webhook.HalfOpen:
		return page.Badge{Text: "Trying", Tone: page.ToneWarn, Dot: true}
	case e.Circuit.Failures > 0:
		return page.Badge{Text: "Failing", Tone: page.ToneWarn, Dot: true}
	}
	return page.Badge{Text: "On", Tone: page.ToneGood, Dot: true}
}

// deliveryState says what became of a delivery.
func deliveryState(d webhook.Delivery) page.Badge {
	switch d.State {
	case webhook.Delivered:
		return page.Badge{Text: "Delivered", Tone: page.ToneGood, Dot: true}
	case webhook.Waiting:
		if d.Attempts == 0 {
			return page.Badge{Text: "Waiting", Tone: page.ToneInfo, Dot: true}
		}
		return page.Badge{Text: "To be tried again", Tone: page.ToneWarn, Dot: true}
	case webhook.Skipped:
		return page.Badge{Text: "Nothing to say", Dot: true}
	case webhook.Dropped:
		return page.Badge{Text: "Not sent", Tone: page.ToneBad, Dot: true}
	}
	return page.Badge{Text: "Given up", Tone: page.ToneBad, Dot: true}
}

// failures are why there was no answer, in words.
var failures = map[string]string{
	"url": "the address can't be called", "refused": "the address is not public, so it is never called", "dns": "the host's name was not found", "connect": "nobody took the connection",
	"tls": "the certificate was not accepted", "timeout": "no answer within 15 seconds", "connection": "the connection broke off", "request": "a method or header that can't be sent",
	"unreadable":  "the endpoint's stored address or secrets can't be read; enter them again",
	"template":    "the endpoint's template makes no body of this event, so nothing was sent; the answer says where it is wrong",
	"credentials": "the broker did not accept user name and password", "rejected": "the broker did not take the message", "too_large": "the message is longer than the broker takes",
}

// answerWords says how a request came out.
func answerWords(status int, failure string) string {
	if status != 0 {
		if text := http.StatusText(status); text != "" {
			return strconv.Itoa(status) + " " + text
		}
		return strconv.Itoa(status)
	}
	if w, ok := failures[failure]; ok {
		return capital(w)
	}
	if failure == "" {
		return "Not sent yet"
	}
	return capital(failure)
}

// reasons are why a delivery was dropped, in words.
var reasons = map[string]string{
	"event_gone": "The event is older than the log keeps events.", "grant_ended": "The integration was removed.", "grant_suspended": "The integration was stopped.",
	"installation_disabled": "The installation was switched off.", "installation_removed": "The integration was removed.",
}

// outcomeWords says what became of a delivery, in a sentence.
func outcomeWords(d webhook.Delivery) string {
	switch d.State {
	case webhook.Delivered:
		return "Arrived."
	case webhook.Waiting:
		if d.Attempts == 0 {
			return "It waits for its turn."
		}
		return "It has not arrived yet and is tried again."
	case webhook.Skipped:
		return "The integration has nothing to say about this event, so nothing was sent."
	case webhook.Dropped:
		if w, ok := reasons[d.Reason]; ok {
			return "It was not sent. " + w
		}
		return "It was not sent: the integration may not get it any more."
	}
	if d.Status == http.StatusGone {
		return "Your server answered 410 Gone, so it is not tried again."
	}
	return "Every attempt has failed. It is not tried again by itself."
}
