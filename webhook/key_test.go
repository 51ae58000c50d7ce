package webhook

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/secret"
)

// The vectors with which the libraries of Standard Webhooks test themselves,
// symmetric and asymmetric: what we send is these bytes.
func TestPublicVectorsOfStandardWebhooks(t *testing.T) {
	t.Parallel()
	seed, err := base64.StdEncoding.DecodeString("VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=")
	if err != nil {
		t.Fatal(err)
	}
	mac, err := hook.Key(secret.New("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	if err != nil {
		t.Fatal(err)
	}
	const symmetric = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	const asymmetric = "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
	platform := platformKey{id: "k1", private: ed25519.NewKeyFromSeed(seed)}
	m := message{id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: time.Unix(1614265330, 0), body: []byte(`{"test": 2432232314}`)}
	for _, c := range []struct {
		name     string
		secrets  [][]byte
		platform []platformKey
		want     string
		ids      string
	}{
		{"hmac", [][]byte{mac}, nil, symmetric, ""},
		{"ed25519", nil, []platformKey{platform}, asymmetric, "k1"},
		{"both", [][]byte{mac}, []platformKey{platform}, symmetric + " " + asymmetric, "k1"},
		{"two keys while one takes over", nil, []platformKey{platform, {id: "k2", private: platform.private}}, asymmetric + " " + asymmetric, "k1 k2"},
	} {
		h := http.Header{}
		m.sign(h, c.secrets, c.platform)
		if h.Get("Webhook-Signature") != c.want || h.Get("Webhook-Key-Id") != c.ids || h.Get("Webhook-Timestamp") != "1614265330" {
			t.Errorf("%s: %v", c.name, h)
		}
	}
}

func TestWhenAKeyOfThePlatformSigns(t *testing.T) {
	t.Parallel()
	k := platformKey{signs: monday, retires: monday.Add(time.Hour)}
	for at, want := range map[time.Duration]bool{-time.Second: false, 0: true, 59 * time.Minute: true, time.Hour: false} {
		if k.signsAt(monday.Add(at)) != want {
			t.Errorf("%s", at)
		}
	}
	if k.retires = (time.Time{}); !k.signsAt(monday.Add(1000 * time.Hour)) {
		t.Error("as long as there is no other")
	}
}
