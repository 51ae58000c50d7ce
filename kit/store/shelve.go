package store

import (
	"context"
	"slices"
	"strings"
)

// Shelve writes the shelves that are full into the directory, at most so many; 0:
// all. It rests between its transactions, each of which is short.
func (o *Owned) Shelve(ctx context.Context, db *DB, most int, rest func(context.Context) error) error {
	for done := 0; most == 0 || done < most; done++ {
		var shelf int64
		var full bool
		var lines []line
		err := db.Read(ctx, func(tx *Tx) error {
			var last int64
			var err error
			if shelf, last, err = o.ends(tx); err != nil {
				return err
			}
			if full = (last+1)>>shelfBits > shelf; full {
				lines, err = o.lasts(tx, shelf)
			}
			return err
		})
		if err != nil || !full {
			return err
		}
		for some := range slices.Chunk(lines, listedMost) {
			if err := db.Batch(ctx, func(tx *Tx) error { return o.list(tx, some) }); err != nil {
				return err
			}
			if err := rest(ctx); err != nil {
				return err
			}
		}
		err = db.Batch(ctx, func(tx *Tx) error {
			_, err := tx.ExecContext(tx.Ctx, "UPDATE "+o.Progress+" SET n = ? WHERE name = 'shelved' AND n < ?", shelf+1, shelf+1)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lastOf is the query for the last row of every owner in a block.
func (o *Owned) lastOf(block int64) string {
	return "SELECT " + o.Owner + " AS owner, MAX(" + o.Counter + ") AS counter, MAX(" + o.Number + ") AS number FROM " + o.Table +
		" WHERE " + InBlocks(o.Number, []int64{block}) + " GROUP BY " + o.Owner
}

// lasts reads the last row of every owner in a shelf, block by block as the index
// has them.
func (o *Owned) lasts(tx *Tx, shelf int64) ([]line, error) {
	at := map[string]int{}
	var out []line
	for block := shelf << (shelfBits - blockBits); block < (shelf+1)<<(shelfBits-blockBits); block++ {
		var some []line
		if err := tx.NewRaw(o.lastOf(block)).Scan(tx.Ctx, &some); err != nil {
			return nil, err
		}
		for _, l := range some {
			if i, ok := at[l.Owner]; ok {
				out[i] = l
				continue
			}
			at[l.Owner] = len(out)
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b line) int { return strings.Compare(a.Owner, b.Owner) }) // as they lie in the directory
	return out, nil
}

func (o *Owned) list(tx *Tx, lines []line) error {
	args := make([]any, 0, 3*len(lines))
	for _, l := range lines {
		args = append(args, l.Owner, l.Counter, l.Number)
	}
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO "+o.Directory+" (owner, counter, number) VALUES (?, ?, ?)"+strings.Repeat(", (?, ?, ?)", len(lines)-1)+
		" ON CONFLICT (owner, counter) DO NOTHING", args...)
	return err
}

// Forget takes shelves out of the directory that end before a number, at most one
// stretch of lines, and tells whether there may be more. Each line goes to first
// before, as a query of owner and counter; nil: to nobody.
func (o *Owned) Forget(tx *Tx, below int64, first func(lines string, args ...any) error) (bool, error) {
	from := " FROM " + o.Directory + " WHERE number < ? ORDER BY number LIMIT ?"
	below = below >> shelfBits << shelfBits
	if first != nil {
		if err := first("SELECT owner, counter"+from, below, listedMost); err != nil {
			return false, err
		}
	}
	res, err := tx.ExecContext(tx.Ctx, "DELETE FROM "+o.Directory+" WHERE number IN (SELECT number"+from+")", below, listedMost)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == listedMost, err
}
