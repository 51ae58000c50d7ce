#!/usr/bin/env bash
# make test: installs what is missing where it may, then runs every test with
# the race detector, on SQLite and PostgreSQL, in a real browser. With CI=true
# it skips nothing: what is missing and can't be installed fails the run.
set -euo pipefail
cd "$(dirname "$0")/.."
# What one clone compiled, the next finds.
export GOFLAGS="${GOFLAGS:-} -trimpath"
. scripts/need.sh

compiles() { printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' | gcc -x c -o /dev/null - 2>/dev/null; }

race=-race
need gcc gcc || race=
if [ -n "$race" ] && ! compiles; then
	need /usr/include/stdlib.h libc6-dev || race=
fi
# Without windows it takes half the time; with them it does as well.
CI= need chromium-headless-shell chromium-headless-shell || need chromium chromium || true
need nginx nginx-light || true
need caddy caddy || true
need curl curl || true
need jq jq || true
need node nodejs || true
need npm npm || true
need systemd-analyze systemd || true
need strace strace || true
need ip iproute2 || true
need python3 python3 || true
need ruby ruby || true
need php php-cli || true
need redis-server redis-server || true
need /usr/lib/rabbitmq/bin/rabbitmq-server rabbitmq-server || true
gitleaks=$(scripts/gitleaks.sh)
export PATH="$gitleaks:$PATH"
[ -n "$race" ] || echo "setup: no C compiler, so the race detector is off" >&2
export CGO_ENABLED=$([ -n "$race" ] && echo 1 || echo 0)

# SQLite translated from C and the password hash are not watched for races: they
# share nothing with us but what goes through their doors, and watching them
# takes half of the whole run.
unwatched=
if [ -n "$race" ]; then
	unwatched='-gcflags=modernc.org/...=-race=false -gcflags=golang.org/x/crypto/...=-race=false'
fi

# Vetting compiles everything too, so it does with the flags of the tests, and the
# tests need not vet again.
# shellcheck disable=SC2086 # flags
scripts/lint.sh $race $unwatched
# Some tests start the program itself. Built before, it takes no test's time; make
# trial finds it compiled.
CGO_ENABLED=0 go build -o /dev/null ./cmd/guestright
# shellcheck disable=SC2086
exec scripts/postgres.sh go test -vet=off $race $unwatched -timeout 20m ./...
