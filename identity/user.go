package identity

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a User.
type ID = ident.ID[User]

// State of a user.
type State string

// The states.
const (
	Unverified        State = "unverified" // signed up, address not proven yet
	Invited           State = "invited"    // named by the product, has not been here
	Active            State = "active"
	DeletionRequested State = "deletion_requested"
	Deleted           State = "deleted"
)

// User is a person who can sign in.
type User struct {
	ID          ID        `json:"id"`
	Email       string    `json:"email" doc:"In lower case; signs in with it and gets notices there"`
	Name        string    `json:"name"`
	Company     string    `json:"company,omitempty"`
	Operator    bool      `json:"operator,omitempty" doc:"Runs this platform"`
	State       State     `json:"state" enum:"unverified,invited,active,deletion_requested,deleted"`
	ProductKey  string    `json:"product_key,omitempty" doc:"The product's own key of this person"`
	Verified    time.Time `json:"verified,omitzero" doc:"When the address was proven"`
	Created     time.Time `json:"created"`
	DeletionDue time.Time `json:"deletion_due,omitzero" doc:"When everything about this person is deleted"`

	password string // PHC, "" when there is none
}

// IDPrefix implements ident.Named.
func (User) IDPrefix() string { return "usr" }

const (
	emailMost = 254 // RFC 5321 section 4.5.3.1.3, less the brackets
	nameMost  = 120
)

// Canonical reads an address as it is stored and compared: lower case. Only the
// plain form is taken: ASCII, one @, no quotes or comments. That leaves no two
// spellings that look alike.
func Canonical(email string) (string, bool) {
	e := strings.TrimSpace(email)
	for i := range len(e) {
		if e[i] >= utf8.RuneSelf { // before ToLower, which makes ASCII of some
			return "", false
		}
	}
	e = strings.ToLower(e)
	local, domain, ok := strings.Cut(e, "@")
	if !ok || local == "" || len(local) > 64 || domain == "" || len(e) > emailMost {
		return "", false
	}
	for _, r := range local {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r) {
			return "", false
		}
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", false
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
				return "", false
			}
		}
	}
	return e, true
}

func emailFinding(at string) problem.Field {
	return problem.Field{Pointer: at, Code: "email_invalid", Detail: "Give an address such as ada@example.com."}
}

// checkName returns the findings about a name or a company.
func checkName(s, at string, needed bool) []problem.Field {
	s = strings.TrimSpace(s)
	switch n := utf8.RuneCountInString(s); {
	case n == 0 && needed:
		return []problem.Field{{Pointer: at, Code: "required", Detail: "Tell us your name: others see it beside what you do."}}
	case !utf8.ValidString(s):
		return []problem.Field{{Pointer: at, Code: "not_text", Detail: "This is not valid text."}}
	case n > nameMost:
		return []problem.Field{{Pointer: at, Code: "too_long", Detail: "At most 120 characters."}}
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return []problem.Field{{Pointer: at, Code: "unprintable", Detail: "Use printable characters only."}}
		}
	}
	return nil
}

// maySignIn fails for people who cannot sign in in their state.
func (u User) maySignIn() error {
	switch u.State {
	case Active, DeletionRequested:
		return nil
	case Unverified:
		return errUnverified
	}
	return errSignIn
}

// prove notes that the address was proven; it reports whether this made the
// user active.
func (u *User) prove(now time.Time) bool {
	u.Verified = now
	if u.State != Unverified && u.State != Invited {
		return false
	}
	u.State = Active
	return true
}

// requestDeletion begins the time of grace.
func (u *User) requestDeletion(now time.Time, grace time.Duration) error {
	if u.State != Active {
		return problem.Conflict("deletion_impossible", "The deletion of this account has been asked for already.")
	}
	u.State, u.DeletionDue = DeletionRequested, now.Add(grace)
	return nil
}

// returnHome ends a wish to be deleted; it reports whether there was one.
func (u *User) returnHome() bool {
	if u.State != DeletionRequested {
		return false
	}
	u.State, u.DeletionDue = Active, time.Time{}
	return true
}

// erase takes everything personal away. The row stays, since what the person
// did is recorded under its id.
func (u *User) erase() {
	*u = User{ID: u.ID, Email: "deleted:" + u.ID.String(), Name: "Deleted user", State: Deleted, Created: u.Created}
}
