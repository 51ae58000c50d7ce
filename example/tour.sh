#!/usr/bin/env bash
# The tour of the README with curl, against a running demo:
# register an application, release it, install it as the customer's
# administrator, obtain a token, call the API, see the call counted.
#
#   go run ./cmd/guestright demo        in one terminal
#   example/tour.sh                     in another
#
# Needs curl and jq. CONSOLE and GATEWAY say where the demo is.
set -euo pipefail

CONSOLE=${CONSOLE:-http://127.0.0.1:8480}
GATEWAY=${GATEWAY:-http://127.0.0.1:8490}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n== %s\n' "$*"; }

# call PERSON METHOD PATH [JSON]: the management API with that person's session.
call() {
	local body=()
	[ $# -lt 4 ] || body=(-H 'Content-Type: application/json' --data "$4")
	curl --silent --show-error --fail-with-body -b "$work/$1" -X "$2" "${body[@]}" "$CONSOLE$3"
}

sign_in() {
	curl --silent --show-error --fail-with-body --output /dev/null -c "$work/$1" -H 'Content-Type: application/json' \
		--data "{\"email\":\"$2\",\"password\":\"$3\"}" "$CONSOLE/v1/sessions"
}

step 'Sign in as the developer and as the account administrator'
sign_in developer dev@acme.example welcome-dana-1815
sign_in administrator ada@harbour-books.example welcome-ada-1843

step 'Register an application in the developer group'
group=$(call developer GET /v1/groups | jq -r '.items[] | select(.name == "Acme - Sudoku") | .id')
application=$(call developer POST "/v1/groups/$group/applications" \
	'{"name":"Tour Bot","description":"Turns flags on after a deploy.","support":"support@acme.example"}')
id=$(jq -r .id <<<"$application")
public=$(jq -r .application_id <<<"$application")
echo "application ID to give to customers: $public"

step 'Create a key: the secret is shown once'
key=$(call developer POST "/v1/applications/$id/keys" '{"label":"tour"}')
client_id=$(jq -r .client_id <<<"$key")
client_secret=$(jq -r .secret <<<"$key")

step 'Say what it needs, and release it'
version=$(call developer POST "/v1/applications/$id/versions" '{"number":"1.0.0","required":[
	{"scope":"flags.read","purpose":"Reads your flags before it switches one."},
	{"scope":"flags.write","purpose":"Switches a flag on once the deploy is done."}]}' | jq -r .id)
call developer POST "/v1/versions/$version/publish" | jq -c '{number, state}'

step 'As the administrator: see what it asks for, then install it'
account=$(call administrator GET /v1/accounts | jq -r '.items[0].id')
call administrator GET "/v1/accounts/$account/offers/$public" | jq -c '.asked[] | {scope, "label": .label, risk, purpose}'
installation=$(call administrator POST "/v1/accounts/$account/installations" "{\"application_id\":\"$public\"}" | jq -r .id)
for _ in $(seq 50); do # the product creates the integration user
	state=$(call administrator GET "/v1/installations/$installation" | jq -r .state)
	[ "$state" = pending ] || break
	sleep 0.2
done
echo "installation $installation is $state"

step 'As the application: obtain a token'
token=$(curl --silent --show-error --fail-with-body -u "$client_id:$client_secret" \
	-d grant_type=client_credentials -d account_id="$account" "$CONSOLE/oauth/token" | jq -r .access_token)

step 'Call the API of the product through the gateway'
curl --silent --show-error --fail-with-body --include -H "Authorization: Bearer $token" \
	"$GATEWAY/api/v1/accounts/harbour-books/projects/web-shop/flags" >"$work/answer"
grep -i '^ratelimit' "$work/answer"
tail -n 1 "$work/answer" | jq -c '.items[]? | {key, name}' | head -n 3

step 'A call beyond what was granted is refused, and says why'
curl --silent -H "Authorization: Bearer $token" "$GATEWAY/api/v1/accounts/harbour-books/members" |
	jq -c '{status, code, missing, granted}'

step 'See the calls counted'
call developer GET "/v1/usage?application=$id" >"$work/usage"
jq -c '{total, outcomes}' "$work/usage"
jq -e '.total >= 2 and .outcomes.ok >= 1' "$work/usage" >/dev/null

printf '\nThe tour is complete.\n'
