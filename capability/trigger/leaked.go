package trigger

import (
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// Find gives the trigger of an address by the secret in it. It does not authorise.
func (s *Service) Find(tx *store.Tx, raw string) (Trigger, error) {
	var digests []string
	for _, d := range s.Keys.Digests(raw) {
		digests = append(digests, d.String())
	}
	return byDigest(tx, digests)
}

// EndLeaked ends an address that a stranger knows, and tells whether it worked. The
// trigger rests, without an address, until somebody gives it another.
func (s *Service) EndLeaked(tx *store.Tx, t Trigger) (Trigger, bool, error) {
	live := t.Enabled
	t.Enabled, t.digest = false, s.Keys.Digest(secret.Generate(secret.TriggerSecret).Reveal())
	return t, live, save(tx, &t)
}
