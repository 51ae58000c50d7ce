#!/usr/bin/env bash
# Runs the comparisons in bench/ and writes their tables to docs/measurements/.
#
#   scripts/bench.sh [options of "proxy run", for instance -rounds 5 -seconds 5]
#
# The token endpoint is measured first (alone with BENCH=tokens), then events
# (BENCH=events; EVENTS="-endpoints 1 -history 10000000" and the like change that),
# then templates and the filters of hooks (BENCH=templates), then the directory
# (BENCH=directory; scripts/lighthouse.sh adds what Lighthouse says of it).
#
# The gateway is measured twice, with GOGC 100 and 400, each for every Go server
# alike; set GOGC to measure with that one only. Without wrk nothing is measured,
# without nginx its rows are left out.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
need wrk wrk || true
need nginx nginx-light || true
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CGO_ENABLED=0 go build -o "$dir/" ./bench/proxy ./bench/gateway ./bench/tokens ./bench/events ./bench/templates ./bench/hooks ./bench/directory
if [ -z "${BENCH:-}" ] || [ "$BENCH" = tokens ]; then
	# PostgreSQL is measured as durable as it is run: fsync on.
	GUESTRIGHT_TEST_FSYNC=on scripts/postgres.sh "$dir/tokens" run -out docs/measurements/tokens.md
fi
if [ -z "${BENCH:-}" ] || [ "$BENCH" = events ]; then
	# shellcheck disable=SC2086 # options
	GUESTRIGHT_TEST_FSYNC=on scripts/postgres.sh "$dir/events" run -out docs/measurements/events.md ${EVENTS:-}
fi
if [ -z "${BENCH:-}" ] || [ "$BENCH" = templates ]; then
	"$dir/templates" -out docs/measurements/templates.md
	"$dir/hooks" -out docs/measurements/hooks.md
fi
if [ -z "${BENCH:-}" ] || [ "$BENCH" = directory ]; then
	"$dir/directory" -out docs/measurements/directory.md
fi
[ -z "${BENCH:-}" ] || exit 0
for gc in ${GOGC:-100 400}; do
	GOGC=$gc "$dir/proxy" run -out docs/measurements/gateway.md \
		-target "Guestright, everything on=$dir/gateway -listen {listen} -upstream {upstream}" "$@"
done
