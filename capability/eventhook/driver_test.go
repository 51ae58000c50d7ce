package eventhook_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/eventhook"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/webhook"
)

const channel = "arn:aws:cloudtrail:eu-central-1:123456789012:channel/0f1e2d3c-0000-4444-8888-000000000000"

// trail is a house whose operator has a key at AWS.
func trail(t *testing.T, db *store.DB, clock *storetest.Clock) house {
	t.Helper()
	file := filepath.Join(t.TempDir(), "aws")
	if err := os.WriteFile(file, []byte("of the operator\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return house{capabilitytest.Start(t, db, clock, func(c *server.Config) { c.AWS = server.AWSCfg{ID: "AKIAOPERATOR", Secret: file} }), t}
}

var signature = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=AKIAOPERATOR/[0-9]{8}/eu-central-1/cloudtrail-data/aws4_request, SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, Signature=[0-9a-f]{64}$`)

// taken reads a call of CloudTrail's and gives the event in it.
func (h house) taken(external any) map[string]any {
	h.t.Helper()
	r := h.Next(h.t)
	at, err := url.ParseRequestURI(r.URI)
	if err != nil {
		h.t.Fatal(err)
	}
	q := at.Query()
	if r.Method != http.MethodPost || r.Host != "cloudtrail-data.eu-central-1.amazonaws.com" || at.Path != "/PutAuditEvents" || q.Get("channelArn") != channel || q.Get("externalId") != external {
		h.t.Errorf("%s %s %s", r.Method, r.Host, r.URI)
	}
	if a := r.Header.Get("Authorization"); !signature.MatchString(a) || r.Header.Get("X-Amz-Date") == "" || r.Header.Get("Content-Type") != "application/json" {
		h.t.Errorf("%s %v", a, r.Header)
	}
	var in struct {
		AuditEvents []struct{ ID, EventData string }
	}
	if err := json.Unmarshal(r.Body, &in); err != nil || len(in.AuditEvents) != 1 || in.AuditEvents[0].ID == "" {
		h.t.Fatalf("%s %v", r.Body, err)
	}
	var e map[string]any
	if err := json.Unmarshal([]byte(in.AuditEvents[0].EventData), &e); err != nil {
		h.t.Fatalf("%s %v", in.AuditEvents[0].EventData, err)
	}
	return e
}

// The published integration with CloudTrail Lake: each change is put into the
// customer's channel, signed, and what the channel does not take is tried again.
func TestChangesGoToCloudTrail(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := trail(t, open(clock), clock)
		c := h.Configure(h.Published("cloudtrail"), map[string]any{"ingestionChannelArn": channel})
		external := c.Values["externalId"]
		h.Answers(200, `{"failed":[],"successful":[{"eventID":"1","id":"1"}]}`)
		got, err := h.Configurations.Try(t.Context(), h.Admin, c.ID, eventhook.Name)
		if err != nil || !got.OK || got.Host != "https://cloudtrail-data.eu-central-1.amazonaws.com" {
			t.Fatalf("%+v %v", got, err)
		}
		h.taken(external)
		h.Say(flipped("dark-mode"))
		e := h.taken(external)
		if e["recipientAccountId"] != "123456789012" || e["eventName"] != "flag" || e["UID"] == "" {
			t.Errorf("%v", e)
		}
		h.Until("it is delivered", func() bool {
			all := h.deliveries(c)
			return len(all) == 1 && all[0].State == webhook.Delivered
		})
		h.Handle(func(w http.ResponseWriter, _ capabilitytest.Received) {
			_, _ = io.WriteString(w, `{"failed":[{"errorCode":"UnsupportedSchema","errorMessage":"No.","id":"1"}],"successful":[]}`)
		})
		h.Say(flipped("other"))
		h.taken(external)
		h.Until("it is rejected", func() bool {
			all := h.deliveries(c)
			return len(all) == 2 && all[0].State == webhook.Waiting && all[0].Failure == "rejected"
		})
		h.Answers(200, `{"failed":[],"successful":[]}`)
		clock.Advance(10 * time.Minute)
		h.taken(external)
		h.Until("it is delivered after all", func() bool { return h.deliveries(c)[0].State == webhook.Delivered })
		if text, _ := json.Marshal(h.report(c)); strings.Contains(string(text), "operator") {
			t.Errorf("%s", text)
		}
	})
}

// Without the operator's key, or with another ARN, it can't be switched on.
func TestCloudTrailNeedsAKeyAndAChannel(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	on := map[string]configuration.Choice{eventhook.Name: {On: new(true)}}
	i := h.Published("cloudtrail")
	_, err := h.Configurations.Create(t.Context(), h.Admin, i.ID, configuration.Draft{Values: map[string]any{"ingestionChannelArn": channel}, Capabilities: on})
	if text, _ := json.Marshal(problem.Of(err).Fields); !strings.Contains(string(text), "aws.access_key_id") {
		t.Errorf("%v %s", err, text)
	}
	c := h.Configure(i, map[string]any{"ingestionChannelArn": channel})
	h.Say(flipped("dark-mode"))
	if r := h.report(c); r.State != "failing" || len(r.Errors) != 1 || !strings.Contains(r.Errors[0].Text, "aws.access_key_id") {
		t.Errorf("%+v", r)
	}
	h.Quiet(t)
	other := trail(t, nil, storetest.NewClock())
	i = other.Published("cloudtrail")
	for _, bad := range []string{"x", channel + "/y", strings.Replace(channel, "eu-central-1", "evil.example.com/", 1), strings.Replace(channel, "channel/", "trail/", 1)} {
		_, err := other.Configurations.Create(t.Context(), other.Admin, i.ID, configuration.Draft{Values: map[string]any{"ingestionChannelArn": bad}, Capabilities: on})
		if problem.CodeOf(err) != "configuration_invalid" {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
