package approval

import (
	"errors"
	"strings"
	"time"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
)

// Directory maps the product's members to the partner's, by their email addresses.
type Directory struct {
	Configuration string
	Scope         string // whose values the call is made of; "" for none
	Members       map[string]string
	Fetched       time.Time // zero: never yet
	Fault         string
	next          time.Time
}

const (
	directoryEvery = 4 * time.Hour
	directoryAgain = 15 * time.Minute
	directoryMost  = 16 << 20 // bytes of a partner's list
)

var errNoMembers = errors.New("the answer has no list of members")

// members reads the partner's list. What has no address or no id is left out.
func members(p *manifest.DirectoryParser, v value.Value) (map[string]string, error) {
	if p == nil || p.Item == nil {
		return nil, errNoMembers
	}
	at0, err := value.ParsePointer(p.List)
	if err != nil {
		return nil, errNoMembers
	}
	got, _ := at0.Get(v)
	list, ok := got.(value.List)
	if !ok {
		return nil, errNoMembers
	}
	out := make(map[string]string, len(list))
	for _, one := range list {
		email, there := at(one, p.Item.Email)
		id, named := at(one, p.Item.ID)
		if there && named {
			out[address(email)] = id
		}
	}
	return out, nil
}

// address is an email address as it is compared.
func address(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// of is the partner's id of a person; "" when the partner does not know them.
func (d Directory) of(email string) string {
	if email == "" {
		return ""
	}
	return d.Members[address(email)]
}

// read takes a list over.
func (d *Directory) read(now time.Time, m map[string]string) {
	d.Members, d.Fetched, d.Fault, d.next = m, now, "", now.Add(directoryEvery)
}

// fails keeps the list that there is, and has it asked for again before long.
func (d *Directory) fails(now time.Time, why string) {
	d.Fault, d.next = why, now.Add(directoryAgain)
}
