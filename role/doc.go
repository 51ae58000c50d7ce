// Package role owns what people of an account may do in the product beyond what
// the product itself has told: built-in roles, custom roles of the account, and
// who has them.
//
// A role is a policy over the product's resources and, besides, a list of
// rights to manage parts of Guestright in the account. A built-in role (reader,
// writer, admin, no_access) follows from the catalog and cannot be changed. A
// custom role may mention ${roleAttribute/key}; each assignment to a member
// gives the values, so that one role serves many teams.
//
// Layer joins everything a member has (roles of the product, built-in and
// custom ones) into one layer: any of them may allow. Nobody changes a role they
// hold or their own assignment, and whoever gives rights must hold them.
//
// Tables: role_role, role_assignment, role_hold.
package role
