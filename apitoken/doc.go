// Package apitoken owns personal and service tokens: what people make for their
// own scripts and what an account keeps for its automation.
//
//	active → deleted
//
// A personal token never does more than its owner, live: the layer of the owner's
// current roles is added whenever it is used, and it ends with the membership. A
// service token belongs to the account, survives whoever made it and never got
// more than that person had. Both are narrowed by roles or by an inline policy
// that is chosen once; only name and description change later. The secret is a
// static token of package token and is rotated there.
//
// Tables: apitoken_token.
package apitoken
