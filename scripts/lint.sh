#!/usr/bin/env bash
# Format and vet. Takes flags of a build: with those of the tests that follow, both
# compile everything once between them.
set -euo pipefail
cd "$(dirname "$0")/.."
# What one clone compiled, the next finds.
export GOFLAGS="${GOFLAGS:-} -trimpath"
bad=$(git ls-files '*.go' | grep -v '_templ\.go$' | xargs gofmt -l)
if [ -n "$bad" ]; then
	echo "not formatted (gofmt -w):" >&2
	echo "$bad" >&2
	exit 1
fi
go vet "$@" ./...
