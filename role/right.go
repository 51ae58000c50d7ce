package role

import "github.com/guestright/guestright/access"

// Right is a part of Guestright in an account that a role may manage, in the
// words of its administrators. It has nothing to do with the product's data.
type Right struct {
	Key         string `json:"key"`
	Label       string `json:"label"`
	Explanation string `json:"explanation"`

	statements []access.Statement
}

func allow(actions []string, resources ...string) access.Statement {
	return access.Statement{Effect: access.Allow, Actions: actions, Resources: resources}
}

// keysOf are the actions on tokens and grants of a holder.
func keysOf(kind string) access.Statement {
	return allow([]string{"token:*", "grant:view"}, "account/*:"+kind+"/*", "account/*:"+kind+"/*:token/*")
}

var rights = [...]Right{
	{Key: "installations", Label: "Install and manage integrations", Explanation: "Installs applications, changes what they may do, switches them off and removes them.",
		statements: []access.Statement{allow([]string{"installation:*"}, "*"), keysOf("installation")}},
	{Key: "private", Label: "Manage private integrations", Explanation: "Creates private integrations of this account and manages their tokens.",
		statements: []access.Statement{allow([]string{"private_integration:view", "private_integration:manage_own"}, "*"), keysOf("private_integration")}},
	{Key: "children_private", Label: "Manage private integrations of the accounts below", Explanation: "The same in every account below this one.",
		statements: []access.Statement{allow([]string{"private_integration:view_children", "private_integration:manage_children"}, "*")}},
	{Key: "service_tokens", Label: "Manage service tokens", Explanation: "Creates tokens that belong to the account and manages them.",
		statements: []access.Statement{allow([]string{"service_token:*"}, "*"), keysOf("service_token")}},
	{Key: "webhooks", Label: "Manage webhooks", Explanation: "Decides which events are sent where.",
		statements: []access.Statement{allow([]string{"webhook:*", "endpoint:*", "subscription:*"}, "*")}},
	{Key: "roles", Label: "Manage roles", Explanation: "Makes roles and gives them to members, never beyond the own rights and never to themselves.",
		statements: []access.Statement{allow([]string{"role:*"}, "*")}},
	{Key: "consents", Label: "Manage what members have authorised", Explanation: "Sees which applications act for which member, and ends that.",
		statements: []access.Statement{allow([]string{"consent:*"}, "*"), keysOf("consent")}},
}

// Rights lists every right that a role may have.
func Rights() []Right { return append([]Right(nil), rights[:]...) }

// RightOf finds a right by its key.
func RightOf(key string) (Right, bool) {
	for _, r := range rights {
		if r.Key == key {
			return r, true
		}
	}
	return Right{}, false
}

// layer compiles rights over one account; what only the operator does is never
// among them.
func layer(keys []string) (access.Layer, error) {
	var p access.Policy
	for _, k := range keys {
		if r, ok := RightOf(k); ok {
			p = append(p, r.statements...)
		}
	}
	if len(p) == 0 {
		return nil, nil
	}
	p = append(p, access.Statement{Effect: access.Deny, Actions: access.OperatorOnly(), Resources: []string{"*"}})
	rules, err := p.Compile(nil)
	return access.Layer{rules}, err
}
