#!/usr/bin/env bash
# make fuzz: each fuzz target for so many seconds (60), as many at a time as there
# are processors. Behind the seconds may stand which: folders, or a folder, a colon
# and a target. What fails is written to the package's testdata/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
# What one clone compiled, the next finds.
export GOFLAGS="${GOFLAGS:-} -trimpath"
seconds=${1:-60}
shift || true
export FUZZ_SECONDS=$seconds

one() { # folder, target, seconds
	local out
	out=$(go test -run '^$' -fuzz "^$2\$" -fuzztime "$3s" -parallel "$4" "./$1" 2>&1 </dev/null) && echo "$1 $2: $3 s" && return
	# Where the time ends in the middle of an input, Go says so and calls it a failure.
	if ! grep -q 'context deadline exceeded' <<<"$out" || grep -q 'Failing input' <<<"$out"; then
		echo "$1 $2: $out"
		return 1
	fi
	echo "$1 $2: $3 s"
}
export -f one

targets() {
	local at
	for at in "${@:-.}"; do
		case $at in
		*:*) echo "${at%%:*} ${at##*:}" ;;
		*) grep -rnoE '^func Fuzz[A-Za-z0-9]+' --include='*_test.go' "$at" | while IFS=: read -r file _ target; do echo "${file%/*} ${target#func }"; done ;;
		esac
	done
}

targets "$@" | xargs -P "$(nproc)" -I{} bash -euo pipefail -c 'set -- {}; one "$1" "$2" "$FUZZ_SECONDS" 1'
