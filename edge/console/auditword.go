package console

import (
	"strings"

	"github.com/guestright/guestright/edge/page"
)

// accountSayings are further actions, for administrators and operators.
var accountSayings = map[string]saying{
	"account.create":                  {"added the account", page.IconBuilding, page.ToneGood},
	"account.update":                  {"changed the account", page.IconPencil, page.ToneNeutral},
	"account.close":                   {"closed the account", page.IconCircleX, page.ToneBad},
	"account.role_set":                {"set the role", page.IconShield, page.ToneNeutral},
	"account.member_set":              {"set a member of", page.IconUserCog, page.ToneNeutral},
	"account.member_remove":           {"took out", page.IconUser, page.ToneWarn},
	"account.integration_user_create": {"created the integration user", page.IconUserPlus, page.ToneGood},
	"account.integration_user_update": {"named the integration user", page.IconUserCog, page.ToneNeutral},
	"installation.provision":          {"finished setting up", page.IconCheck, page.ToneGood},
	"installation.resume":             {"switched on again", page.IconZap, page.ToneGood},
	"installation.role_override":      {"allowed a broad role", page.IconShieldAlert, page.ToneBad},
	"token.revoke":                    {"revoked a token", page.IconCircleX, page.ToneWarn},
	"group.assign_plan":               {"set the plan of the group", page.IconLayers, page.ToneInfo},
	"group.grant_limit":               {"granted a limit of its own to the group", page.IconGauge, page.ToneInfo},
	"group.withdraw_limit":            {"withdrew a granted limit of the group", page.IconGauge, page.ToneWarn},
	"product_key.create":              {"made the product key", page.IconKey, page.ToneGood},
	"product_key.revoke":              {"revoked the product key", page.IconCircleX, page.ToneBad},
	"account.resources_set":           {"told facts about resources of", page.IconTag, page.ToneNeutral},
	"notice_preferences.update":       {"changed how notices reach them", page.IconBell, page.ToneNeutral},
	"operator.create":                 {"made an operator of", page.IconShield, page.ToneInfo},
	"operator.set":                    {"changed who is an operator:", page.IconShield, page.ToneInfo},
	"session.confirm":                 {"proved who they are again", page.IconShieldCheck, page.ToneNeutral},
	"session.end":                     {"ended a session", page.IconLogOut, page.ToneNeutral},
	"session.end_others":              {"ended all other sessions", page.IconLogOut, page.ToneNeutral},
	"user.create":                     {"signed up", page.IconUserPlus, page.ToneGood},
	"user.verify":                     {"proved the address of", page.IconCheck, page.ToneGood},
	"user.update":                     {"changed the profile of", page.IconPencil, page.ToneNeutral},
	"user.delete":                     {"deleted the person", page.IconTrash, page.ToneBad},
	"user.deletion_request":           {"asked to be deleted", page.IconTrash, page.ToneWarn},
	"user.deletion_obstruct":          {"could not yet delete", page.IconWarning, page.ToneWarn},
	"user.email_request":              {"asked for another address", page.IconMail, page.ToneNeutral},
	"user.email_change":               {"changed the address of", page.IconMail, page.ToneInfo},
	"user.enrol":                      {"enrolled", page.IconUserPlus, page.ToneGood},
	"user.invite":                     {"invited", page.IconSend, page.ToneInfo},
	"user.sync":                       {"told about the person", page.IconUserCog, page.ToneNeutral},
	"user.link_product":               {"linked with the product the person", page.IconLink, page.ToneNeutral},
	"user.passkey_add":                {"added a passkey", page.IconKey, page.ToneGood},
	"user.passkey_remove":             {"removed a passkey", page.IconKey, page.ToneWarn},
	"user.passkey_rename":             {"renamed a passkey", page.IconKey, page.ToneNeutral},
	"user.provider_link":              {"linked the company's sign-in", page.IconLink, page.ToneGood},
	"user.provider_unlink":            {"unlinked the company's sign-in", page.IconLink, page.ToneWarn},
	"user.recovery_renew":             {"made new recovery codes", page.IconRefresh, page.ToneInfo},
	"user.terms_accept":               {"accepted the terms", page.IconHandshake, page.ToneNeutral},
	"user.totp_begin":                 {"began to set up an authenticator app", page.IconLock, page.ToneNeutral},
	"user.totp_add":                   {"set up an authenticator app", page.IconLock, page.ToneGood},
	"user.totp_remove":                {"removed the authenticator app", page.IconLock, page.ToneWarn},
	"job.retry":                       {"retried the job", page.IconRefresh, page.ToneInfo},
	"job.discard":                     {"discarded the job", page.IconTrash, page.ToneWarn},
}

// humane makes words of an action that nobody has put into a sentence: "token.issue" → "did: token issue".
func humane(action string) string {
	return "did: " + strings.NewReplacer(".", " ", "_", " ").Replace(action)
}
