package catalog

import "sync/atomic"

// Current is the catalog in force. A new one swaps in without restart; calls
// that are under way finish with the one they began with.
type Current struct{ p atomic.Pointer[Catalog] }

// Get returns the catalog in force; nil before the first Swap.
func (c *Current) Get() *Catalog { return c.p.Load() }

// Swap puts next in force and returns what was.
func (c *Current) Swap(next *Catalog) *Catalog { return c.p.Swap(next) }
