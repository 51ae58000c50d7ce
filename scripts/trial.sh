#!/usr/bin/env bash
# make trial: the counts that take longer than a test may, against the built
# binary. Writes docs/measurements/trial.md.
set -euo pipefail
cd "$(dirname "$0")/.."
# What one clone compiled, the next finds.
export GOFLAGS="${GOFLAGS:-} -trimpath"
export GUESTRIGHT_TRIAL=1
export CGO_ENABLED=0 # as the program is built for users
# Only where there are trials, one package after another: they measure, and
# building all other tests takes longer than running these.
. scripts/need.sh
need strace strace || true
mapfile -t packages < <(grep -rlE '^func Test[A-Za-z0-9]*Trial' --include='*_test.go' . | xargs -n1 dirname | sort -u)
exec scripts/postgres.sh go test -count=1 -p 1 -timeout 30m -run 'Trial' "${packages[@]}"
