#!/usr/bin/env bash
# make trial: the counts that take longer than a test may, against the built
# binary. Writes docs/measurements/trial.md.
set -euo pipefail
cd "$(dirname "$0")/.."
export GUESTRIGHT_TRIAL=1
export CGO_ENABLED=0 # as the program is built for users
# One package after another: they measure, and share the processors.
exec scripts/postgres.sh go test -count=1 -p 1 -timeout 30m -run 'Trial' ./...
