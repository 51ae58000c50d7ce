package catalog

import "unicode/utf8"

// Sandboxes is what the product does about sandboxes: with it, the product is asked to open the accounts that developers make
// by themselves, and to remove what is in those that they close.
type Sandboxes struct {
	// Seed says in a sentence which data a new sandbox begins with; absent: it is empty.
	Seed string `yaml:"seed" json:"seed,omitempty"`
	// Reset says in a sentence what a reset brings back and what it takes away; absent: there is none.
	Reset string `yaml:"reset" json:"reset,omitempty"`
}

// sentenceMost bounds a sentence for people, in characters.
const sentenceMost = 500

func (c *checker) sandboxes() {
	s := c.file.Sandboxes
	if s == nil {
		return
	}
	for _, one := range []struct{ at, text string }{{"/sandboxes/seed", s.Seed}, {"/sandboxes/reset", s.Reset}} {
		if utf8.RuneCountInString(one.text) > sentenceMost {
			c.say(one.at, "catalog.value", "At most 500 characters.")
		}
	}
}

// Sandboxes is what the product does about sandboxes, and whether anything at all.
func (c *Catalog) Sandboxes() (Sandboxes, bool) {
	if c == nil || c.file.Sandboxes == nil {
		return Sandboxes{}, false
	}
	return *c.file.Sandboxes, true
}
