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
	"installation.take_version":       {"took a new version of", page.IconLayers, page.ToneInfo},
	"installation.follow_version":     {"moved, since it asks for nothing else, to the new version of", page.IconLayers, page.ToneNeutral},
	"installation.provision":          {"finished setting up", page.IconCheck, page.ToneGood},
	"installation.provision_fail":     {"could not set up", page.IconWarning, page.ToneBad},
	"installation.retry":              {"tried again to set up", page.IconRefresh, page.ToneInfo},
	"installation.resume":             {"switched on again", page.IconZap, page.ToneGood},
	"installation.role_override":      {"allowed a broad role", page.IconShieldAlert, page.ToneBad},
	"authorization.deny":              {"refused to approve", page.IconCircleX, page.ToneNeutral},
	"authorization.reuse":             {"was refused a used code or refresh token:", page.IconShieldAlert, page.ToneBad},
	"authorization.end":               {"ended an authorization:", page.IconCircleX, page.ToneWarn},
	"authorization.recovery_code":     {"asked for a code to recover lost tokens of", page.IconKey, page.ToneWarn},
	"token.revoke":                    {"revoked a token", page.IconCircleX, page.ToneWarn},
	"token.rotate":                    {"rotated a token", page.IconRefresh, page.ToneInfo},
	"token.cancel_rotation":           {"cancelled the rotation of a token", page.IconUndo, page.ToneWarn},
	"token.extend":                    {"extended the overlap of a token", page.IconRefresh, page.ToneNeutral},
	"token.expire":                    {"ended the overlap of a token", page.IconCircleX, page.ToneWarn},
	"token.brown_out":                 {"let a token fail for two minutes", page.IconZap, page.ToneWarn},
	"token.end_brown_out":             {"ended the brown-out of a token", page.IconZap, page.ToneNeutral},
	"token.disable":                   {"disabled an unused token", page.IconCircleX, page.ToneWarn},
	"token.expire_unused":             {"let a disabled token expire", page.IconCircleX, page.ToneNeutral},
	"token.restore":                   {"restored a disabled token", page.IconUndo, page.ToneGood},
	"token.keep":                      {"kept an unused token", page.IconCheck, page.ToneNeutral},
	"personal_token.create":           {"made the personal token", page.IconKey, page.ToneGood},
	"personal_token.update":           {"renamed the personal token", page.IconPencil, page.ToneNeutral},
	"personal_token.delete":           {"deleted the personal token", page.IconTrash, page.ToneWarn},
	"service_token.create":            {"made the service token", page.IconKey, page.ToneGood},
	"service_token.update":            {"renamed the service token", page.IconPencil, page.ToneNeutral},
	"service_token.delete":            {"deleted the service token", page.IconTrash, page.ToneWarn},
	"webhook.create":                  {"made a webhook endpoint at", page.IconPlus, page.ToneGood},
	"webhook.update":                  {"changed the webhook endpoint at", page.IconPencil, page.ToneNeutral},
	"webhook.disable":                 {"disabled the webhook endpoint at", page.IconCircleX, page.ToneWarn},
	"webhook.failing":                 {"could not reach the webhook endpoint at", page.IconCircleX, page.ToneWarn},
	"webhook.rotate_secret":           {"made a new signing secret for the webhook endpoint at", page.IconRefresh, page.ToneInfo},
	"webhook.delete":                  {"deleted the webhook endpoint at", page.IconTrash, page.ToneWarn},
	"webhook.subscribe":               {"chose events for the webhook endpoint at", page.IconPlus, page.ToneNeutral},
	"webhook.resubscribe":             {"changed which events go to the webhook endpoint at", page.IconPencil, page.ToneNeutral},
	"webhook.unsubscribe":             {"took events away from the webhook endpoint at", page.IconCircleX, page.ToneNeutral},
	"webhook.replay":                  {"had deliveries sent again to the webhook endpoint at", page.IconRefresh, page.ToneInfo},
	"webhook.test":                    {"sent a made-up event to the webhook endpoint at", page.IconZap, page.ToneNeutral},
	"webhook.backfill":                {"had past events sent to the webhook endpoint at", page.IconRefresh, page.ToneInfo},
	"configuration.create":            {"set up the integration", page.IconPlus, page.ToneGood},
	"configuration.update":            {"changed how the integration is set up:", page.IconSettings, page.ToneNeutral},
	"configuration.delete":            {"deleted the configuration", page.IconTrash, page.ToneWarn},
	"configuration.action":            {"pressed a button of", page.IconZap, page.ToneNeutral},
	"import.look":                     {"looked at what could be brought in from", page.IconSearch, page.ToneNeutral},
	"import.start":                    {"had things brought in from", page.IconPlus, page.ToneGood},
	"connection.connect":              {"connected with the partner's service:", page.IconPlug, page.ToneGood},
	"connection.disconnect":           {"disconnected from the partner's service:", page.IconCircleX, page.ToneWarn},
	"connection.reconnect":            {"could not renew the connection of", page.IconWarning, page.ToneBad},
	"application.partner_set":         {"said where the partner's server is of", page.IconPlug, page.ToneNeutral},
	"application.partner_delete":      {"took away where the partner's server is of", page.IconCircleX, page.ToneWarn},
	"snapshottarget.create":           {"had data sent of", page.IconPlus, page.ToneGood},
	"snapshottarget.update":           {"changed where data goes of", page.IconPencil, page.ToneNeutral},
	"snapshottarget.push":             {"had data sent again of", page.IconRefresh, page.ToneInfo},
	"snapshottarget.delete":           {"stopped sending data of", page.IconCircleX, page.ToneWarn},
	"approval.ask":                    {"asked for the approval of", page.IconShield, page.ToneNeutral},
	"approval.open":                   {"sent to the partner the request", page.IconShield, page.ToneNeutral},
	"approval.not_sent":               {"could not ask for the approval of", page.IconWarning, page.ToneBad},
	"approval.resend":                 {"sent again the request for the approval of", page.IconRefresh, page.ToneInfo},
	"approval.approve":                {"approved", page.IconCheck, page.ToneGood},
	"approval.decline":                {"declined", page.IconCircleX, page.ToneWarn},
	"approval.lose":                   {"lost the request for the approval of", page.IconWarning, page.ToneBad},
	"approval.apply":                  {"carried out, since it was approved,", page.IconCheck, page.ToneGood},
	"approval.fail":                   {"did not carry out, though it was approved,", page.IconWarning, page.ToneBad},
	"approval.withdraw":               {"withdrew the request for the approval of", page.IconUndo, page.ToneWarn},
	"approval.untold":                 {"could not tell the partner how it ended:", page.IconWarning, page.ToneWarn},
	"approval.scope_put":              {"filled in for a part of the product how changes are approved by", page.IconSettings, page.ToneNeutral},
	"approval.scope_delete":           {"took back for a part of the product how changes are approved by", page.IconTrash, page.ToneWarn},
	"membership.sync":                 {"filled segments or the like through", page.IconUsers, page.ToneNeutral},
	"link.create":                     {"attached a link to", page.IconLink, page.ToneGood},
	"link.update":                     {"changed a link at", page.IconPencil, page.ToneNeutral},
	"link.delete":                     {"took a link away from", page.IconTrash, page.ToneWarn},
	"task.retry":                      {"had the product asked again:", page.IconRefresh, page.ToneInfo},
	"event.mute":                      {"changed which events integrations get in", page.IconShield, page.ToneInfo},
	"webhook.try":                     {"had it tried whether somebody answers at the webhook endpoint", page.IconRefresh, page.ToneNeutral},
	"webhook.stop_replay":             {"stopped sending deliveries again to the webhook endpoint at", page.IconCircleX, page.ToneWarn},
	"token_policy.update":             {"changed the token policy of", page.IconShield, page.ToneInfo},
	"consent.create":                  {"let act as themselves", page.IconUserCog, page.ToneGood},
	"consent.trust":                   {"used, trusted by an administrator,", page.IconUserCog, page.ToneInfo},
	"consent.update":                  {"changed what may be done as themselves by", page.IconUserCog, page.ToneNeutral},
	"consent.revoke":                  {"took back the access of", page.IconCircleX, page.ToneWarn},
	"consent.end":                     {"ended, since it was removed, the access of", page.IconCircleX, page.ToneNeutral},
	"authorization.revoke":            {"gave tokens back:", page.IconCircleX, page.ToneNeutral},
	"authorization.recover":           {"recovered lost tokens of", page.IconUndo, page.ToneWarn},
	"verification.submit":             {"asked for the verification of", page.IconShield, page.ToneInfo},
	"verification.withdraw":           {"took back the wish to verify", page.IconUndo, page.ToneNeutral},
	"verification.take":               {"began to review", page.IconShield, page.ToneNeutral},
	"verification.verify":             {"verified", page.IconShieldCheck, page.ToneGood},
	"verification.reject":             {"did not verify", page.IconCircleX, page.ToneBad},
	"verification.suspend":            {"suspended the verification of", page.IconShieldAlert, page.ToneBad},
	"verification.lift":               {"lifted the suspended verification of", page.IconShieldCheck, page.ToneGood},
	"verification.lapse":              {"changed something that was verified:", page.IconShield, page.ToneWarn},
	"group.assign_plan":               {"set the plan of the group", page.IconLayers, page.ToneInfo},
	"group.grant_limit":               {"granted a limit of its own to the group", page.IconGauge, page.ToneInfo},
	"group.withdraw_limit":            {"withdrew a granted limit of the group", page.IconGauge, page.ToneWarn},
	"product_key.create":              {"made the product key", page.IconKey, page.ToneGood},
	"product_key.revoke":              {"revoked the product key", page.IconCircleX, page.ToneBad},
	"account.resources_set":           {"told facts about resources of", page.IconTag, page.ToneNeutral},
	"notice_preferences.update":       {"changed how notices arrive", page.IconBell, page.ToneNeutral},
	"operator.create":                 {"made an operator of", page.IconShield, page.ToneInfo},
	"operator.set":                    {"changed who is an operator:", page.IconShield, page.ToneInfo},
	"role.create":                     {"made the role", page.IconShield, page.ToneGood},
	"role.update":                     {"changed the role", page.IconPencil, page.ToneNeutral},
	"role.delete":                     {"deleted the role", page.IconTrash, page.ToneWarn},
	"role.assign":                     {"set the roles of", page.IconUserCog, page.ToneNeutral},
	"session.confirm":                 {"confirmed the sign-in", page.IconShieldCheck, page.ToneNeutral},
	"session.end":                     {"ended a session", page.IconLogOut, page.ToneNeutral},
	"session.end_others":              {"ended all other sessions", page.IconLogOut, page.ToneNeutral},
	"operator.set_up":                 {"set up the platform and became its first operator", page.IconShield, page.ToneInfo},
	"platform.restore":                {"restored the platform from a backup", page.IconUndo, page.ToneWarn},
	"session.start":                   {"signed in", page.IconDoor, page.ToneNeutral},
	"user.create":                     {"signed up", page.IconUserPlus, page.ToneGood},
	"user.sign_up":                    {"signed up", page.IconUserPlus, page.ToneGood},
	"user.sign_up_repeated":           {"tried to sign up again", page.IconUserPlus, page.ToneWarn},
	"user.verify_resend":              {"asked for a new link to finish the sign-up", page.IconMail, page.ToneNeutral},
	"user.password_change":            {"changed the password", page.IconLock, page.ToneInfo},
	"user.password_reset":             {"set a new password by a mailed link", page.IconLock, page.ToneInfo},
	"user.reset_request":              {"asked for a link to set a new password", page.IconMail, page.ToneNeutral},
	"user.deletion_confirm":           {"confirmed the wish to be deleted", page.IconTrash, page.ToneWarn},
	"user.deletion_cancel":            {"took back the wish to be deleted", page.IconUndo, page.ToneGood},
	"user.verify":                     {"confirmed a mail address", page.IconCheck, page.ToneGood},
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

// legacySayings are actions on keys from before, and on what leaked.
var legacySayings = map[string]saying{
	"legacy_key.import":  {"imported API keys of", page.IconKey, page.ToneInfo},
	"legacy_key.end":     {"set the end of the key", page.IconClock, page.ToneWarn},
	"legacy_key.revoke":  {"ended the key", page.IconCircleX, page.ToneBad},
	"legacy_key.turn":    {"made a private integration of the key", page.IconRefresh, page.ToneGood},
	"legacy_key.leaked":  {"ended the leaked key", page.IconShieldAlert, page.ToneBad},
	"key.leaked":         {"ended the leaked key", page.IconShieldAlert, page.ToneBad},
	"product_key.leaked": {"ended the leaked product key", page.IconShieldAlert, page.ToneBad},
	"token.leaked":       {"ended a leaked token of", page.IconShieldAlert, page.ToneBad},
}

// ofOneself are actions that people do to their own account: the sentence is whole without an object.
var ofOneself = map[string]bool{
	"operator.set_up": true, "session.start": true, "session.confirm": true, "session.end": true, "session.end_others": true,
	"user.sign_up": true, "user.verify": true, "user.sign_up_repeated": true, "user.verify_resend": true, "user.password_change": true, "user.password_reset": true,
	"user.reset_request": true, "user.deletion_request": true, "user.deletion_confirm": true, "user.deletion_cancel": true, "user.email_request": true,
	"user.passkey_add": true, "user.passkey_remove": true, "user.passkey_rename": true, "user.provider_link": true, "user.provider_unlink": true,
	"user.recovery_renew": true, "user.terms_accept": true, "user.totp_begin": true, "user.totp_add": true, "user.totp_remove": true,
	"notice_preferences.update": true,
}

// wordsFor finds the saying of an action; one that nobody has thought of is at least spelled as words.
func wordsFor(action string) saying {
	if said, ok := sayings[action]; ok {
		return said
	}
	if said, ok := accountSayings[action]; ok {
		return said
	}
	if said, ok := privateSayings[action]; ok {
		return said
	}
	if said, ok := legacySayings[action]; ok {
		return said
	}
	return saying{humane(action), page.IconActivity, page.ToneNeutral}
}

// humane makes words of an action that nobody has put into a sentence: "token.issue" → "did: token issue".
func humane(action string) string {
	return "did: " + strings.NewReplacer(".", " ", "_", " ").Replace(action)
}
