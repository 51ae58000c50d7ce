package eventhook

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/awsrole"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/webhook/broker"
)

// driver brings what a hook's template makes to a service that the package names
// instead of an address.
type driver struct {
	check   func(h *Hook, in capability.Instance) string // what is wrong; "": nothing
	host    func(in capability.Instance) string
	fill    func(v manifest.Values) // gives fields that nobody fills in their values
	request func(h *Hook, in capability.Instance, id string, body []byte, now time.Time) (outbound.Request, error)
	// judge finds in an answer with a good status that the event was not taken.
	judge func(res outbound.Result) outbound.Result
}

// drivers are those that packages can name.
var drivers = map[string]driver{"cloudtrail": {check: checkTrail, host: trailHost, fill: fillTrail, request: askTrail, judge: judgeTrail}}

// driverOf is the one of a hook; named: it names one, which there may not be.
func driverOf(hook manifest.EventHook) (d driver, known, named bool) {
	if !hook.Driver.Present() {
		return driver{}, false, false
	}
	d, known = drivers[hook.Driver.Get()]
	return d, known, true
}

// obstacle says why a hook with a driver cannot work; "" when it can, or has none.
func (h *Hook) obstacle(in capability.Instance, hook manifest.EventHook) string {
	d, known, named := driverOf(hook)
	switch {
	case !named:
		return ""
	case !known:
		return "This platform has no driver " + problem.Words(hook.Driver.Get()) + "."
	}
	return d.check(h, in)
}

// channelForm is the ARN of a channel of CloudTrail Lake: partition, region, account.
var channelForm = regexp.MustCompile(`^arn:(aws[a-z-]{0,10}):cloudtrail:([a-z]{2,4}(?:-[a-z]{2,12}){1,2}-[0-9]{1,2}):([0-9]{12}):channel/[A-Za-z0-9-]{1,64}$`)

func channelOf(v manifest.Values) (awsrole.Target, string, bool) {
	m := channelForm.FindStringSubmatch(v.Text("ingestionChannelArn"))
	if m == nil {
		return awsrole.Target{}, "", false
	}
	return awsrole.Target{Service: "cloudtrail-data", Partition: m[1], Region: m[2]}, m[3], true
}

func checkTrail(h *Hook, in capability.Instance) string {
	if err := h.AWS.Ready(); err != nil {
		return problem.Of(err).Detail
	}
	if _, _, ok := channelOf(in.Given.Config); !ok {
		return "Write the ARN of a channel, such as arn:aws:cloudtrail:eu-central-1:123456789012:channel/0f1e…."
	}
	if in.Given.Config.Text("externalId") == "" {
		return "The package has no field of the type generated, externalId, that the channel can ask for."
	}
	return ""
}

func trailHost(in capability.Instance) string {
	t, _, ok := channelOf(in.Given.Config)
	if !ok {
		return ""
	}
	return "https://" + t.Host()
}

// fillTrail takes the account, which the events must name, from the channel.
func fillTrail(v manifest.Values) {
	if _, account, ok := channelOf(v); ok && v.Text("accountId") == "" {
		v["accountId"] = account
	}
}

// askTrail puts one event into a channel. The channel's own policy lets us, and asks
// for the external id
// (https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/API_PutAuditEvents.html).
func askTrail(h *Hook, in capability.Instance, id string, body []byte, now time.Time) (outbound.Request, error) {
	t, _, ok := channelOf(in.Given.Config)
	if !ok {
		return outbound.Request{}, errors.New("the channel's ARN cannot be read")
	}
	query := url.Values{"channelArn": {in.Given.Config.Text("ingestionChannelArn")}, "externalId": {in.Given.Config.Text("externalId")}}
	type one struct {
		ID   string `json:"id"`
		Data string `json:"eventData"`
	}
	text, err := json.Marshal(map[string][]one{"auditEvents": {{id, string(body)}}})
	if err != nil {
		return outbound.Request{}, err
	}
	at, header, err := h.AWS.Post(t, "/PutAuditEvents?"+query.Encode(), text, now)
	return outbound.Request{Method: http.MethodPost, URL: at, Header: header, Body: text}, err
}

// judgeTrail: an answer with status 200 lists what was not taken.
func judgeTrail(res outbound.Result) outbound.Result {
	var said struct {
		Failed []struct {
			Code string `json:"errorCode"`
		} `json:"failed"`
	}
	if res.Status/100 == 2 && json.Unmarshal(res.Body, &said) == nil && len(said.Failed) > 0 {
		res.Status, res.Failure = 0, broker.Rejected
	}
	return res
}

// filled is an instance whose driver has filled in what nobody did.
func (d driver) filled(in capability.Instance) capability.Instance {
	in.Given.Config = maps.Clone(in.Given.Config)
	d.fill(in.Given.Config)
	return in
}
