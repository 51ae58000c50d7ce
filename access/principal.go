package access

import "github.com/guestright/guestright/kit/problem"

// Kind says what sort of caller a principal is.
type Kind string

const (
	// KindAnonymous is nobody in particular; the empty Kind means the same.
	KindAnonymous Kind = "anonymous"
	// KindUser is a person who signed in, or a token that stands for one.
	KindUser Kind = "user"
	// KindApplication is a developer's application acting as itself, for example with its key and secret.
	KindApplication Kind = "application"
	// KindIntegration is the holder of a grant in an account.
	KindIntegration Kind = "integration"
	// KindProduct is the product itself, with a key of its own.
	KindProduct Kind = "product"
	// KindSystem is our own background work.
	KindSystem Kind = "system"
	// KindOperator is a person who runs the platform.
	KindOperator Kind = "operator"
)

// Principal is who asks, and what they hold. Every operation gets it as an argument. The zero Principal is anonymous and
// may do nothing. Ids are strings here, because this package knows none of the slices that own them.
type Principal struct {
	Kind         Kind
	User         string
	Account      string
	Application  string
	Installation string
	Grant        string
	Token        string
	Via          string // how they come: session, token, a reason for system work
	Operator     bool
	Authorities  []Authority
	// Bounds are what the token they come with allows, in the product and here; all must allow. People who signed in
	// have none. Whatever somebody gives away lies within them.
	Bounds []Layer
}

// Authority is what a principal holds over one resource and everything below it: the policies of one layer. Several
// authorities add up; inside one policy deny wins.
type Authority struct {
	On    Resource
	Layer Layer
}

// May returns nil when the principal may do the action to the resource, and otherwise a Forbidden problem with code
// `forbidden`, whose members `action` and `resource` name what was asked.
func (p Principal) May(action string, on Resource) error {
	if p.can(action, &on) {
		return nil
	}
	return problem.Forbidden("forbidden", "This needs the right "+action+" on "+name(on)+".").
		With("action", action).With("resource", on.String())
}

// CanSee reports whether the principal may know that the resource exists: whether it may do `<kind>:view` to it. What a
// caller cannot see is answered like something absent.
func (p Principal) CanSee(on Resource) bool { return p.can(on.Kind()+":view", &on) }

// See returns nil when the principal may see the resource, and otherwise the answer for something absent.
func (p Principal) See(noun string, on Resource) error {
	if p.CanSee(on) {
		return nil
	}
	return problem.NotFound(noun)
}

// Reach is the usual check at the head of an operation on an existing object: absent for those who may not see it,
// forbidden for those who may see it and not do this.
func (p Principal) Reach(noun, action string, on Resource) error {
	err := p.May(action, on)
	if err != nil && !p.CanSee(on) {
		return problem.NotFound(noun)
	}
	return err
}

func (p Principal) can(action string, on *Resource) bool {
	for _, l := range p.Bounds {
		if !l.Allows(action, on) {
			return false
		}
	}
	for i := range p.Authorities {
		a := &p.Authorities[i]
		if on.Within(a.On) && a.Layer.Allows(action, on) {
			return true
		}
	}
	return false
}

// Over gives everything that the principal holds over a resource and what lies below it, as one layer.
func (p Principal) Over(on Resource) Layer {
	var out Layer
	for _, a := range p.Authorities {
		if on.Within(a.On) {
			out = append(out, a.Layer...)
		}
	}
	return out
}

// IsAnonymous reports whether nobody has shown who they are.
func (p Principal) IsAnonymous() bool { return p.Kind == "" || p.Kind == KindAnonymous }

// Subject names who acts, for audit entries: `user/u`, `application/a`, `installation/i`, `grant/g`, `product_key/k`,
// `system`, `anonymous`.
func (p Principal) Subject() string {
	switch {
	case p.Kind == KindSystem:
		return "system"
	case p.IsAnonymous():
		return "anonymous"
	case p.Kind == KindProduct:
		return "product_key/" + p.Token
	case p.User != "":
		return "user/" + p.User
	case p.Kind == KindIntegration && p.Installation != "":
		return "installation/" + p.Installation
	case p.Application != "":
		return "application/" + p.Application
	case p.Grant != "":
		return "grant/" + p.Grant
	}
	return string(p.Kind)
}

func name(r Resource) string {
	if r.IsZero() {
		return "something that was not named"
	}
	return r.String()
}
