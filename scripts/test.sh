#!/usr/bin/env bash
# make test: installs what is missing where it may, then runs every test with
# the race detector, on SQLite and PostgreSQL, in a real browser.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh

race=-race
need gcc gcc || race=
[ -z "$race" ] || [ -e /usr/include/stdlib.h ] || need_libc=1
if [ -n "${need_libc:-}" ]; then DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libc6-dev >/dev/null 2>&1 || race=; fi
need chromium chromium || true
need nginx nginx-light || true
need caddy caddy || true
need curl curl || true
need jq jq || true
# Debian starts servers that it installs; tests start their own.
if command -v systemctl >/dev/null 2>&1; then systemctl stop nginx caddy >/dev/null 2>&1 || true; fi
[ -n "$race" ] || echo "setup: no C compiler, so the race detector is off" >&2
export CGO_ENABLED=$([ -n "$race" ] && echo 1 || echo 0)

scripts/lint.sh
exec scripts/postgres.sh go test $race -timeout 20m ./...
