package store

import (
	"slices"
	"strconv"
	"strings"
)

const (
	// blockBits: a block has 8,192 numbers. Its part of an index is some 80 pages,
	// which all that is new shares.
	blockBits = 13
	// shelfBits: a shelf has 65,536 numbers, which is eight blocks.
	shelfBits = 16
	// shelvesMost bounds how many shelves one statement looks into.
	shelvesMost = 64
	// blocksMost bounds how many blocks are read in one statement, and sparse is how
	// many rows in a block are few.
	blocksMost, sparse = 64, 8
	// listedMost is how many lines of a directory are written, or forgotten, in one
	// transaction.
	listedMost = 500
)

// Owned is a table whose rows get ever higher numbers and belong to owners, and
// of which those of one owner are read in their order. With an index by owner and
// number every new row would change a page of its own, the surer the more owners
// there are. Here what is new stays together: an index over
//
//	((number >> 13), owner, counter)
//
// has it by blocks of 8,192 numbers, and Directory tells for every shelf of eight
// blocks that is full who has rows there. Shelve keeps it.
type Owned struct {
	Table, Number, Owner string
	// Counter grows with Number for every owner; it may be Number itself.
	Counter string
	// Directory has the columns owner, counter and number: of the last row of an
	// owner in a shelf.
	Directory string
	// Progress has, under the name shelved, how many shelves are in the directory.
	Progress string
}

// InBlocks is the condition for blocks. column is the number's; the text is that of
// the index.
func InBlocks(column string, blocks []int64) string {
	text := "(" + column + " >> " + strconv.Itoa(blockBits) + ")"
	if len(blocks) == 1 {
		return text + " = " + strconv.FormatInt(blocks[0], 10) // then rows come in the order of the index
	}
	list := make([]string, len(blocks))
	for i, b := range blocks {
		list[i] = strconv.FormatInt(b, 10)
	}
	return text + " IN (" + strings.Join(list, ", ") + ")"
}

// reading goes on until it has found as many rows as are wanted. read is given
// blocks and how many are still wanted, and tells how many it found.
type reading struct {
	wanted int
	width  int // blocks that are read at one time
	read   func(blocks []int64, most int) (int, error)
}

// Open gives the first and the last block that the directory does not tell of;
// there is none when the last comes before the first.
func (o *Owned) Open(tx *Tx) (from, to int64, err error) {
	shelves, last, err := o.ends(tx)
	return shelves << (shelfBits - blockBits), last >> blockBits, err
}

// ends gives how many shelves are in the directory, and the last number; -1
// without any.
func (o *Owned) ends(tx *Tx) (shelves, last int64, err error) {
	err = tx.One("SELECT COALESCE((SELECT n FROM "+o.Progress+" WHERE name = 'shelved'), 0), COALESCE((SELECT MAX("+o.Number+") FROM "+o.Table+"), -1)", nil, &shelves, &last)
	return shelves, last, err
}

// Up has the blocks read in which an owner has rows, as far as they may have a
// counter behind a value, in their order, until most rows are found. read gets some
// blocks at one time, and how many rows are still wanted.
func (o *Owned) Up(tx *Tx, owner string, behind int64, most int, read func(blocks []int64, most int) (int, error)) error {
	r := &reading{wanted: most, width: 1, read: read}
	shelves, last, err := o.ends(tx)
	if err != nil {
		return err
	}
	for width := 1; ; width = min(width*8, shelvesMost) {
		listed, err := o.listed(tx, shelves, "counter > ? ORDER BY counter LIMIT ?", owner, behind, width)
		if err != nil {
			return err
		}
		var some []int64
		for _, l := range listed {
			behind = l.Counter
			some = append(some, l.Number>>shelfBits)
		}
		if more, err := o.visit(tx, owner, some, false, r); !more || err != nil {
			return err
		}
		if len(listed) < width {
			break
		}
	}
	for from, width := shelves, 1; from <= last>>shelfBits; width = min(width*8, shelvesMost) {
		var some []int64
		for ; len(some) < width && from <= last>>shelfBits; from++ {
			some = append(some, from)
		}
		if more, err := o.visit(tx, owner, some, false, r); !more || err != nil {
			return err
		}
	}
	return nil
}

// Down is Up for rows with a number below one, the last first. Counter must be
// Number.
func (o *Owned) Down(tx *Tx, owner string, below int64, most int, read func(blocks []int64, most int) (int, error)) error {
	r := &reading{wanted: most, width: 1, read: read}
	shelves, last, err := o.ends(tx)
	if err != nil {
		return err
	}
	for from, width := min(last, below-1)>>shelfBits, 1; from >= shelves; width = min(width*8, shelvesMost) {
		var some []int64
		for ; len(some) < width && from >= shelves; from-- {
			some = append(some, from)
		}
		if more, err := o.visit(tx, owner, some, true, r); !more || err != nil {
			return err
		}
	}
	end := (below-1)>>shelfBits + 1 // of the shelf that the number is in
	if end < 1<<(63-shelfBits) {
		below = end << shelfBits
	}
	for width := 1; ; width = min(width*8, shelvesMost) {
		listed, err := o.listed(tx, shelves, "counter < ? ORDER BY counter DESC LIMIT ?", owner, below, width)
		if err != nil {
			return err
		}
		var some []int64
		for _, l := range listed {
			below = l.Counter
			some = append(some, l.Number>>shelfBits)
		}
		if more, err := o.visit(tx, owner, some, true, r); !more || err != nil || len(listed) < width {
			return err
		}
	}
}

// line of a directory.
type line struct {
	Owner           string
	Counter, Number int64
}

// listed reads lines of an owner. What the directory has of a shelf that is not
// written to its end does not count.
func (o *Owned) listed(tx *Tx, shelves int64, where, owner string, bound int64, most int) ([]line, error) {
	var out []line
	err := tx.NewRaw("SELECT owner, counter, number FROM "+o.Directory+" WHERE owner = ? AND number < ? AND "+where, owner, shelves<<shelfBits, bound, most).Scan(tx.Ctx, &out)
	return out, err
}

// visit looks into shelves, one look at the index for each block of theirs.
func (o *Owned) visit(tx *Tx, owner string, shelves []int64, down bool, r *reading) (bool, error) {
	if len(shelves) == 0 {
		return true, nil
	}
	var blocks []int64
	for _, shelf := range shelves {
		for block := shelf << (shelfBits - blockBits); block < (shelf+1)<<(shelfBits-blockBits); block++ {
			blocks = append(blocks, block)
		}
	}
	var filled []int64
	if err := tx.NewRaw(o.look(blocks), owner).Scan(tx.Ctx, &filled); err != nil {
		return false, err
	}
	slices.Sort(filled)
	if down {
		slices.Reverse(filled)
	}
	for len(filled) > 0 {
		n := min(r.width, len(filled))
		found, err := r.read(filled[:n], r.wanted)
		if r.wanted -= found; r.wanted <= 0 || err != nil {
			return false, err
		}
		// Of who has few rows in a block many are read together; of who has many, one
		// by one, since their order is that of the index.
		if r.width = min(r.width*2, blocksMost); found >= n*sparse {
			r.width = 1
		}
		filled = filled[n:]
	}
	return true, nil
}

// look is the query for those of some blocks in which an owner has rows. It is not
// written with EXISTS, which may become a join over all that the owner has.
func (o *Owned) look(blocks []int64) string {
	var values strings.Builder
	for i, block := range blocks {
		if i > 0 {
			values.WriteString(", ")
		}
		values.WriteString("(" + strconv.FormatInt(block, 10) + ")")
	}
	return "WITH b (k) AS (VALUES " + values.String() + ") SELECT b.k FROM b WHERE (SELECT 1 FROM " + o.Table + " AS t " +
		"WHERE (t." + o.Number + " >> " + strconv.Itoa(blockBits) + ") = b.k AND t." + o.Owner + " = ? LIMIT 1) IS NOT NULL"
}
