// Package account owns accounts (the product's customers), who belongs to them
// and what roles the product knows there.
//
//	active → closed
//
// An account may have a parent (an agency with its sub-accounts) and is of kind
// production or sandbox; a sandbox belongs to a developer group. The product
// keeps accounts, members and roles in step through Sync. A member's role says
// what they may do in Guestright (admin, member, reader); roles of the product
// say what they, or an integration user, may do in the product.
//
// Tables: account_account, account_member, account_role,
// account_integration_user, account_resource.
package account
