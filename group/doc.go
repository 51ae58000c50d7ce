// Package group owns developer groups: the teams that own applications and that
// limits are set for.
//
//	active ⇄ suspended (by the operator);  active → archived (when empty)
//
// A group always has exactly one owner and at least one administrator (the owner
// counts). Roles: owner, admin, member.
//
// Tables: group_group, group_member, group_hold.
package group
