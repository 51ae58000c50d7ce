package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/guestright/guestright/kit/store"
)

// Report is what Verify found.
type Report struct {
	Sealed   int64 // entries in the chain
	Unsealed int64 // entries written since the sealer last ran
	Head     string
	Breaks   []Break // empty: every sealed entry is as it was written
}

// Break is a place where the log is not what was sealed.
type Break struct {
	Position int64
	ID       ID // zero when the entry is missing
	Why      string
}

const maxBreaks = 100

// Verify reads the whole log and checks both kinds of chains, documents against
// their digests, and the ends of the chains. It stops at 100 breaks. The error
// says only that the log could not be read.
func (l *Log) Verify(ctx context.Context) (Report, error) {
	var rep Report
	// The ends first: the sealer goes on while we read, and what it adds is not
	// missing from the ends that it moved.
	var ends map[string]link
	err := l.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		ends, err = heads(tx)
		return err
	})
	if err != nil {
		return rep, err
	}
	at := map[string]link{}
	for {
		var part []Entry
		err := l.DB.Read(ctx, func(tx *store.Tx) error {
			var err error
			part, err = sealed(tx, at[""].Position, stretch)
			return err
		})
		if err != nil {
			return rep, err
		}
		for _, e := range part {
			rep.check(at, ends, e)
		}
		if len(part) < stretch || len(rep.Breaks) >= maxBreaks {
			break
		}
	}
	rep.Sealed, rep.Head = at[""].Position, at[""].Hash
	if len(rep.Breaks) < maxBreaks {
		for chain, end := range ends {
			if at[chain].Position < end.Position {
				rep.broken(Break{Position: end.Position, Why: "the chain " + named(chain) + " does not end where its head says"})
			}
		}
	}
	err = l.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		rep.Unsealed, err = countUnsealed(tx)
		return err
	})
	return rep, err
}

func named(chain string) string {
	if chain == "" {
		return "of all entries"
	}
	return "of " + chain
}

func (rep *Report) broken(b Break) {
	if len(rep.Breaks) < maxBreaks {
		rep.Breaks = append(rep.Breaks, b)
	}
}

// check follows one entry. After a break it goes on from what is stored, so
// that one break is reported once.
func (rep *Report) check(at, ends map[string]link, e Entry) {
	follow := func(chain string, is link) {
		end := at[chain]
		want := end.next(e.digest())
		switch {
		case is.Position != want.Position:
			rep.broken(Break{Position: is.Position, ID: e.ID, Why: fmt.Sprintf("entry %d of the chain %s should come here", want.Position, named(chain))})
		case is.Hash != want.Hash:
			rep.broken(Break{Position: is.Position, ID: e.ID, Why: "the entry or one before it was altered (chain " + named(chain) + ")"})
		}
		at[chain] = is
		if head := ends[chain]; is.Position == head.Position && is.Hash != head.Hash {
			rep.broken(Break{Position: is.Position, ID: e.ID, Why: "the chain " + named(chain) + " does not end where its head says"})
		}
	}
	follow("", link{Position: e.position, Hash: e.Hash})
	if e.Account != "" {
		follow(e.Account, link{Position: e.accountPosition, Hash: e.AccountHash})
	}
	if !intact(e.Before, e.BeforeSHA) || !intact(e.After, e.AfterSHA) {
		rep.broken(Break{Position: e.position, ID: e.ID, Why: "a document was altered"})
	}
}

var errBroken = errors.New("the audit log is not what was sealed")

// Err returns nil for a log without breaks.
func (rep Report) Err() error {
	if len(rep.Breaks) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d breaks, first at %d: %s", errBroken, len(rep.Breaks), rep.Breaks[0].Position, rep.Breaks[0].Why)
}

// LogValue summarises the report.
func (rep Report) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("sealed", rep.Sealed), slog.Int64("unsealed", rep.Unsealed), slog.Int("breaks", len(rep.Breaks)), slog.String("head", rep.Head))
}
