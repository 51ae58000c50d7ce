package audit

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

// sealEvery is how long an entry stays outside the chains at most, while a node
// runs.
const sealEvery = 10 * time.Second

// Jobs registers the sealer.
func (l *Log) Jobs(r *job.Runner) {
	job.Every(r, "audit.seal", sealEvery, l.Seal)
}

const stretch = 500 // entries per transaction of the sealer and of Verify

// Seal links what is not linked yet.
func (l *Log) Seal(ctx context.Context) error {
	for {
		n := 0
		err := l.DB.Write(ctx, func(tx *store.Tx) error {
			var err error
			n, err = sealSome(tx)
			return err
		})
		if err != nil || n < stretch {
			return err
		}
	}
}

func sealSome(tx *store.Tx) (int, error) {
	if err := tx.Lock("audit.seal"); err != nil {
		return 0, err
	}
	open, err := unsealed(tx, stretch)
	if err != nil || len(open) == 0 {
		return 0, err
	}
	ends := map[string]link{}
	step := func(chain string, e Entry) (link, error) {
		end, ok := ends[chain]
		if !ok {
			var err error
			end, err = head(tx, chain)
			if err != nil {
				return link{}, err
			}
		}
		ends[chain] = end.next(e.digest())
		return ends[chain], nil
	}
	for _, e := range open {
		all, err := step("", e)
		if err != nil {
			return 0, err
		}
		var account link
		if e.Account != "" {
			account, err = step(e.Account, e)
			if err != nil {
				return 0, err
			}
		}
		if err := setLinks(tx, e, all, account); err != nil {
			return 0, err
		}
	}
	for chain, end := range ends {
		if err := setHead(tx, chain, end); err != nil {
			return 0, err
		}
	}
	return len(open), nil
}
