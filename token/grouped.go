package token

import (
	"context"
	"sync"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// groupMost bounds how many tokens share one statement and commit.
const groupMost = 500

// issuing collects orders while others are being written, so that under load many
// tokens share one statement and one commit, and a single one waits for nobody.
type issuing struct {
	mu      sync.Mutex
	waiting []*waiting
	writing bool
}

// waiting is one order until its token is durable.
type waiting struct {
	order  Order
	issued Issued
	done   chan error
}

// IssueGrouped makes a token for a live grant, in a transaction that it shares
// with whoever asks at the same time. It does not authorise. What it depends on is
// not locked: a grant or key that ends meanwhile makes the token open nothing,
// which Authenticate finds out when it reads it.
func (s *Service) IssueGrouped(ctx context.Context, o Order) (Issued, error) {
	if err := o.Grant.Live(); err != nil {
		return Issued{}, err
	}
	w := &waiting{order: o, done: make(chan error, 1)}
	s.issuing.mu.Lock()
	s.issuing.waiting = append(s.issuing.waiting, w)
	lead := !s.issuing.writing
	s.issuing.writing = true
	s.issuing.mu.Unlock()
	if lead {
		go s.writeGroups(context.WithoutCancel(ctx))
	}
	// The outcome decides, not the caller's patience: a token that was reported as
	// failed must not be there.
	err := <-w.done
	return w.issued, err
}

func (s *Service) writeGroups(ctx context.Context) {
	for {
		s.issuing.mu.Lock()
		batch := s.issuing.waiting
		if len(batch) > groupMost {
			batch, s.issuing.waiting = batch[:groupMost:groupMost], batch[groupMost:]
		} else {
			s.issuing.waiting = nil
		}
		if len(batch) == 0 {
			s.issuing.writing = false
			s.issuing.mu.Unlock()
			return
		}
		s.issuing.mu.Unlock()
		err := s.writeGroup(ctx, batch)
		if err != nil && len(batch) > 1 && problem.Of(err).Kind != problem.KindUnavailable {
			for i := range batch { // what one asked for must not cost the others theirs
				batch[i].done <- s.writeGroup(ctx, batch[i:i+1])
			}
			continue
		}
		for _, w := range batch {
			w.done <- err
		}
	}
}

func (s *Service) writeGroup(ctx context.Context, batch []*waiting) error {
	err := s.DB.Batch(ctx, func(tx *store.Tx) error {
		tokens := make([]Token, len(batch))
		for i, w := range batch {
			var err error
			if w.issued, err = s.make(tx, w.order); err != nil {
				return err
			}
			tokens[i] = w.issued.Token
		}
		return insertAll(tx, tokens)
	})
	if err != nil {
		for _, w := range batch {
			w.issued = Issued{}
		}
	}
	return err
}
