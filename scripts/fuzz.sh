#!/usr/bin/env bash
# make fuzz: each fuzz target for so many seconds (60), or those of the packages
# that are named behind it. What fails is written to the package's testdata/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
grep -rnoE '^func Fuzz[A-Za-z0-9]+' --include='*_test.go' "${@:-.}" | while IFS=: read -r file _ target; do
	echo "${file%/*} ${target#func }"
	out=$(go test -run '^$' -fuzz "^${target#func }\$" -fuzztime "${seconds}s" "./${file%/*}" 2>&1 </dev/null) && continue
	# Where the time ends in the middle of an input, Go says so and calls it a failure.
	if ! grep -q 'context deadline exceeded' <<<"$out" || grep -q 'Failing input' <<<"$out"; then
		echo "$out"
		exit 1
	fi
done
