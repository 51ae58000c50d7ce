package grant

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
)

// Rule says which child accounts a grant opens besides its own account.
type Rule string

// The rules. The empty one means the same as RuleSelf.
const (
	RuleSelf Rule = "self" // none
	RuleAll  Rule = "all"  // every child, whenever it appears
	RuleList Rule = "list" // those chosen and, with Future, those that appear later
)

// Reach says in which child accounts of its own account a grant may act. In its
// own account it always may. A child that moves to another parent is out of
// reach, whatever the list says.
type Reach struct {
	Rule     Rule     `json:"rule" enum:"self,all,list" doc:"Child accounts that it may act in besides its own account: none, all, or those listed"`
	Accounts []string `json:"accounts,omitempty" maxItems:"1000" doc:"For list: ids of the chosen child accounts"`
	Future   bool     `json:"future,omitempty" doc:"For list: child accounts that appear later belong to it too"`
	// Except are the children that were there and not chosen when Future was
	// switched on: everything else is "later", however it became a child.
	Except []string `json:"-"`
}

// Wide reports whether the grant opens any account but its own.
func (r Reach) Wide() bool { return r.Rule == RuleAll || r.Rule == RuleList }

// Covers reports whether a child of the grant's account is within reach.
func (r Reach) Covers(child string) bool {
	switch r.Rule {
	case RuleAll:
		return true
	case RuleList:
		return slices.Contains(r.Accounts, child) || r.Future && !slices.Contains(r.Except, child)
	}
	return false
}

// kept is a Reach as it stands in a database.
type kept struct {
	Rule     Rule     `json:"rule"`
	Accounts []string `json:"accounts,omitempty"`
	Future   bool     `json:"future,omitempty"`
	Except   []string `json:"except,omitempty"`
}

// Value implements driver.Valuer: JSON with every part.
func (r Reach) Value() (driver.Value, error) {
	if r.Rule == "" {
		r.Rule = RuleSelf
	}
	b, err := json.Marshal(kept(r))
	return string(b), err
}

// Scan implements sql.Scanner.
func (r *Reach) Scan(src any) error {
	var b []byte
	switch v := src.(type) {
	case string:
		b = []byte(v)
	case []byte:
		b = v
	default:
		return fmt.Errorf("grant: a reach is a text, not %T", src)
	}
	var k kept
	if err := json.Unmarshal(b, &k); err != nil {
		return fmt.Errorf("grant: reach: %w", err)
	}
	*r = Reach(k)
	return nil
}
