package server

import (
	"fmt"
	"slices"
	"strings"

	"github.com/guestright/guestright/capability/storesync"
	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/edge/gateway/upstream"
	"github.com/guestright/guestright/kit/awsrole"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// doorCodes are the codes of the doors that have no routes of their own in the
// API's description.
func doorCodes() []problem.Declared {
	inv, non, una := problem.KindInvalid, problem.KindUnauthenticated, problem.KindUnavailable
	own := []problem.Declared{
		{Code: "dpop_required", Kind: non, Cause: "The token is bound to a key, and the call proves none.", Remedy: "Send Authorization: DPoP and the token, with a fresh proof in the DPoP header (RFC 9449)."},
		{Code: "dpop_unbound", Kind: non, Cause: "The call proves a key, and the token is bound to none.", Remedy: "Send the token with the scheme Bearer."},
		{Code: "missing_credential", Kind: non, Cause: "The call carries no token, or not in one Authorization header.", Remedy: "Send Authorization: Bearer and the token; never in the address or the body."},
		{Code: "account_missing", Kind: inv, Cause: "The catalog wants every call to name its account, and this one does not.", Remedy: "Send the account's key where the reference says."},
		{Code: "operation_unmapped", Kind: problem.KindForbidden, Cause: "The operator has not declared what the operation requires.", Remedy: "Tell the operator; guestright catalog import lists such operations."},
		{Code: "operation_removed", Kind: problem.KindNotFound, Cause: "The product does not have the operation any more, or not in this API version.", Remedy: "Call what replacement names; its page says what changed."},
		{Code: "api_version_unknown", Kind: inv, Cause: "The call names an API version that the product does not have, or names two.", Remedy: "Name one of versions, or none for the one that your application is pinned to."},
		{Code: "api_version_removed", Kind: problem.KindNotFound, Cause: "The product does not serve this API version any more.", Remedy: "Move to the version that replacement names."},
		{Code: "upstream_missing", Kind: una, Cause: "The catalog names no upstream for the operation.", Remedy: "The operator adds it under product.upstreams."},
		{Code: "upstream_invalid", Kind: inv, Cause: "An account's own upstream is not an address that can be called.", Remedy: "The operator corrects the account."},
		{Code: "check_two_families", Kind: inv, Cause: "A proxy asked with both families of headers that describe a call.", Remedy: "Let the proxy remove the other family; see checks.family."},
		{Code: "check_incomplete", Kind: inv, Cause: "A proxy asked without saying which call it is about.", Remedy: "Use the configuration in docs/examples."},
		{Code: "check_not_trusted", Kind: non, Cause: "Whoever asked for a decision is not a proxy of the operator.", Remedy: "Send the key of checks.key_file, from a network of checks.trusted."},
		{Code: "form_token", Kind: problem.KindForbidden, Cause: "A form came without its one-time token, or with another's.", Remedy: "Open the page again and send the form from there."},
		{Code: "form_old", Kind: problem.KindConflict, Cause: "The form was open for too long.", Remedy: "Open the page again."},
		{Code: "form_sent", Kind: problem.KindConflict, Cause: "The form was sent already.", Remedy: "Look whether it took effect before sending it anew."},
		{Code: "form_unreadable", Kind: inv, Cause: "The form cannot be read.", Remedy: "Open the page again and send the form from there."},
		{Code: "value_invalid", Kind: inv, Cause: "A value of the form cannot be read.", Remedy: "Correct the field that is marked."},
		{Code: "method", Kind: inv, Cause: "An outgoing request has a method that is not sent.", Remedy: "Use GET, HEAD, POST, PUT, PATCH or DELETE."},
		{Code: "url_invalid", Kind: inv, Cause: "The address cannot be parsed.", Remedy: "Give a whole address such as https://hooks.example.com/in."},
		{Code: "url_scheme", Kind: inv, Cause: "The address does not begin with https://.", Remedy: "Use https."},
		{Code: "url_userinfo", Kind: inv, Cause: "The address holds a user name or password.", Remedy: "Take it out."},
		{Code: "url_fragment", Kind: inv, Cause: "The address holds a fragment.", Remedy: "Take away what begins with #."},
		{Code: "url_port", Kind: inv, Cause: "The port is not one that outgoing calls may use.", Remedy: "Use 443 or 8443."},
		{Code: "url_address", Kind: inv, Cause: "The host is, or resolves to, an address that must not be reached from here.", Remedy: "Use a public host; the operator can except a network."},
		{Code: "url_host", Kind: inv, Cause: "The host name is not a plain ASCII name.", Remedy: "Write it in its ASCII form, without a dot at the end."},
		{Code: "url_own_host", Kind: inv, Cause: "The address leads back to this platform.", Remedy: "Use an address of your own."},
	}
	return slices.Concat(own, strict.Codes(), upstream.Codes(), storesync.Codes(), awsrole.Declared(), job.Declared(), outbound.Declared())
}

// startCodes are what the command line and the start can fail with.
func startCodes() []problem.Declared {
	inv, con, una := problem.KindInvalid, problem.KindConflict, problem.KindUnavailable
	return []problem.Declared{
		{Code: "config_invalid", Kind: inv, Cause: "The configuration has unknown keys, values of the wrong type, or weak settings.", Remedy: "Each finding names line, key and mend."},
		{Code: "schema_outdated", Kind: una, Cause: "The database lacks steps of the schema.", Remedy: "Run guestright migrate."},
		{Code: "schema_newer", Kind: una, Cause: "A newer version has migrated the database.", Remedy: "Use that version; an old program on a new schema would lose data."},
		{Code: "master_key_missing", Kind: una, Cause: "The database was made with a master key and the file is not there.", Remedy: "Put the file back; see docs/backup.md."},
		{Code: "master_key_wrong", Kind: una, Cause: "The master key file is not the one that the database was made with.", Remedy: "Put the right file in place; nothing was changed."},
		{Code: "database_damaged", Kind: una, Cause: "The file is no SQLite database or fails its integrity check.", Remedy: "Restore a backup; see docs/backup.md."},
		{Code: "database_in_use", Kind: con, Cause: "Another process has the database open.", Remedy: "Stop the server first."},
		{Code: "database_exists", Kind: con, Cause: "A restore would replace a database.", Remedy: "--force moves it aside."},
		{Code: "database_not_built_in", Kind: inv, Cause: "Backup and restore are for SQLite.", Remedy: "Use PostgreSQL's tools, then guestright admin mark-restored."},
		{Code: "backup_foreign", Kind: inv, Cause: "The file is a database of something else.", Remedy: "Name a file that guestright backup wrote."},
		{Code: "file_exists", Kind: con, Cause: "A file that would be written is there already.", Remedy: "Choose another folder; nothing is overwritten."},
		{Code: "mail_not_configured", Kind: inv, Cause: "A link cannot be mailed.", Remedy: "Give --password-file, or configure mail."},
		{Code: "operation_missing", Kind: inv, Cause: "The command does not say which operation is meant.", Remedy: "Name it: guestright catalog show 'GET /contacts/{id}'."},
		{Code: "catalog_never_served", Kind: inv, Cause: "There is no catalog in force to compare with.", Remedy: "Compare with a file: --against FILE."},
		{Code: "catalog.invalid", Kind: inv, Cause: "The catalog file cannot be read or contradicts itself.", Remedy: "Each finding names line, key and mend."},
		{Code: "catalog.unmapped", Kind: inv, Cause: "Operations have no requirement.", Remedy: "Declare them under operations: needs, public or internal."},
		{Code: "catalog.unknown_operation", Kind: inv, Cause: "The catalog declares an operation that the documents do not have.", Remedy: "Take it out, or correct its spelling."},
		{Code: "catalog.document", Kind: inv, Cause: "An OpenAPI file is missing, broken, or refers to something outside its folder.", Remedy: "Correct the file; references may lead to files beside it only."},
		{Code: "catalog.operation", Kind: inv, Cause: "An operation of the documents cannot be used as it stands.", Remedy: "The message says why."},
		{Code: "catalog.extension", Kind: inv, Cause: "An x-guestright-* extension cannot be read.", Remedy: "The message says which and why."},
		{Code: "catalog.prose", Kind: inv, Cause: "A prose rule is not a regular expression (RE2) with the named groups it needs.", Remedy: "Correct the expression."},
		{Code: "catalog.resource", Kind: inv, Cause: "The name of a kind of resource cannot be read.", Remedy: "Write it as proj/{projectKey}:env/{environmentKey}."},
		{Code: "catalog.template", Kind: inv, Cause: "A path template is not a legal one.", Remedy: "Correct the path in the OpenAPI file."},
		{Code: "catalog.duplicate_route", Kind: inv, Cause: "Two operations answer to the same method and path.", Remedy: "Take one out, or give the documents different base paths."},
		{Code: "catalog.duration", Kind: inv, Cause: "A time span cannot be read.", Remedy: "Write 10s, 24h or 30d."},
	}
}

// ErrorGuide is docs/errors.md: every code that the program can answer with.
// api are the codes of the mounted management API.
func ErrorGuide(api []problem.Declared) string {
	var b strings.Builder
	b.WriteString(`# Errors

Every failure over HTTP is a problem document (RFC 9457, ` + "`application/problem+json`" + `); the token endpoint answers in OAuth's
own shape (RFC 6749 section 5.2) with the same ` + "`code`" + ` beside it. Programs look at ` + "`code`" + `: it does not change. Texts may.
A running server shows this list at ` + "`" + web.ErrorDocs + "`" + `.

What a caller may not see answers like something absent, always with 404.

`)
	all := map[string]problem.Declared{}
	for _, d := range slices.Concat(api, doorCodes()) {
		all[d.Code] = d
	}
	codeTable(&b, "Over HTTP", all)
	start := map[string]problem.Declared{}
	for _, d := range startCodes() {
		start[d.Code] = d
	}
	b.WriteString("\n")
	codeTable(&b, "On the command line and at start", start)
	return b.String()
}

func codeTable(b *strings.Builder, title string, codes map[string]problem.Declared) {
	names := make([]string, 0, len(codes))
	for n := range codes {
		names = append(names, n)
	}
	slices.Sort(names)
	fmt.Fprintf(b, "## %s\n\n| Code | Status | When | What to do |\n|---|---|---|---|\n", title)
	for _, n := range names {
		d := codes[n]
		fmt.Fprintf(b, "| `%s` | %d | %s | %s |\n", n, web.Status(&problem.Error{Kind: d.Kind, Code: d.Code}), cell(d.Cause), cell(d.Remedy))
	}
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
