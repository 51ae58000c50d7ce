#!/usr/bin/env bash
# make trial: the counts that take longer than a test may. Writes
# docs/measurements/trial.md.
set -euo pipefail
cd "$(dirname "$0")/.."
export GUESTRIGHT_TRIAL=1
exec scripts/postgres.sh go test -count=1 -timeout 40m -run 'Trial' ./...
