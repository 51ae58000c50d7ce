package access

import (
	"maps"
	"slices"
)

// The built-in roles of groups (developer teams).
const (
	GroupOwner  = "owner"
	GroupAdmin  = "admin"
	GroupMember = "member"
)

// The built-in roles of accounts (tenants). Accounts may have roles of their own besides.
const (
	AccountAdmin  = "admin"
	AccountMember = "member"
	AccountReader = "reader"
)

// Actions are written `<noun>:<verb>`, the noun being the last kind of the resource. These are what only the operator
// does, whoever owns the object; the built-in roles deny them, so that a wide allowance cannot include them by accident.
var operatorOnly = []string{
	"platform:*", "*:block", "*:unblock", "*:override", "*:decide", "*:assign", "*:suspend", "*:reinstate", "*:set_standing", "*:set_quota",
}

// OperatorOnly lists the actions that only the operator does, for policies that give rights to others: they deny these.
func OperatorOnly() []string { return slices.Clone(operatorOnly) }

// Built-in roles cannot be changed: these are compiled once, and nothing writes to them.
var (
	everything = fixed(Statement{Effect: Allow, Actions: []string{"*"}, Resources: []string{"*"}})
	owning     = fixed(
		Statement{Effect: Allow, Actions: []string{"*"}, Resources: []string{"*"}},
		Statement{Effect: Deny, Actions: operatorOnly, Resources: []string{"*"}})
	groupAdmin = fixed(
		Statement{Effect: Allow, Actions: []string{"*"}, Resources: []string{"*"}},
		Statement{Effect: Deny, Actions: []string{"group:transfer", "group:archive", "group:restore", "group:delete"}, Resources: []string{"*"}},
		Statement{Effect: Deny, Actions: operatorOnly, Resources: []string{"*"}})
	accountAdmin = fixed(
		Statement{Effect: Allow, Actions: []string{"*"}, Resources: []string{"*"}},
		Statement{Effect: Deny, Actions: []string{"account:archive", "account:restore", "account:delete", "account:move"}, Resources: []string{"*"}},
		Statement{Effect: Deny, Actions: operatorOnly, Resources: []string{"*"}})
	viewing = fixed(Statement{Effect: Allow, Actions: []string{"*:view"}, Resources: []string{"*"}})
	// ownAccess is what a member does with their own tokens and consents, and asks for. Their own role is not among it.
	ownAccess = fixed(Statement{Effect: Allow, Actions: []string{"token:*", "grant:*", "consent:*", "installation_request:create", "*:view"}, Resources: []string{"*"}},
		Statement{Effect: Deny, Actions: operatorOnly, Resources: []string{"*"}})
)

// fixed compiles a policy of ours. A fault in it leaves the zero Rules, which deny everything; a test looks for that.
func fixed(p ...Statement) Rules {
	r, err := Policy(p).Compile(nil)
	if err != nil {
		return Rules{}
	}
	return r
}

// GroupRole gives the policies of a built-in group role; none for a name that is not exactly one of them.
func GroupRole(role string) Layer {
	switch role {
	case GroupOwner:
		return Layer{owning}
	case GroupAdmin:
		return Layer{groupAdmin}
	case GroupMember:
		return Layer{viewing}
	}
	return nil
}

// AccountRole gives the policies of a built-in account role; none for a name that is not exactly one of them.
func AccountRole(role string) Layer {
	switch role {
	case AccountAdmin:
		return Layer{accountAdmin}
	case AccountMember, AccountReader:
		return Layer{viewing}
	}
	return nil
}

// System is our own background work. The reason stands in the audit record.
func System(reason string) Principal {
	return Principal{Kind: KindSystem, Via: reason, Authorities: []Authority{{On: Platform(), Layer: Layer{everything}}}}
}

// Operator is a person who runs the platform and may do everything on it.
func Operator(user string) Principal {
	return Principal{Kind: KindOperator, User: user, Operator: true, Authorities: []Authority{{On: Platform(), Layer: Layer{everything}}}}
}

// UserPrincipal is a person with built-in roles in groups and accounts, by id. Roles that are not built in give nothing
// here; add their compiled policies with Holding. Everybody owns what lies below `user/{id}`; account admins and members
// also manage their own tokens and consents, below `account/{id}:member/{user}`.
func UserPrincipal(id string, groupRoles, accountRoles map[string]string) Principal {
	p := Principal{Kind: KindUser, User: id}
	p = p.Holding(On("user", id), Layer{owning})
	for _, g := range slices.Sorted(maps.Keys(groupRoles)) {
		p = p.Holding(On("group", g), GroupRole(groupRoles[g]))
	}
	for _, a := range slices.Sorted(maps.Keys(accountRoles)) {
		p = p.Holding(On("account", a), AccountRole(accountRoles[a]))
		if role := accountRoles[a]; role == AccountAdmin || role == AccountMember {
			p = p.Holding(On("account", a, "member", id), Layer{ownAccess})
		}
	}
	return p
}

// Holding returns a copy of the principal that also holds a layer over a resource and everything below it.
func (p Principal) Holding(on Resource, l Layer) Principal {
	if on.IsZero() || len(l) == 0 {
		return p
	}
	p.Authorities = append(slices.Clip(p.Authorities), Authority{On: on, Layer: l})
	return p
}
