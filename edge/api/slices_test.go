package api_test

import (
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/api"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/token"
)

var (
	accountDeclared     = account.Declared
	roleDeclared        = role.Declared
	groupDeclared       = group.Declared
	applicationDeclared = application.Declared
	grantDeclared       = grant.Declared
	tokenDeclared       = token.Declared
	releaseDeclared     = release.Declared
	integrationDeclared = integration.Declared
	apiDeclared         = api.Declared
)
