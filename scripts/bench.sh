#!/usr/bin/env bash
# Runs the comparisons in bench/ and writes their tables to docs/measurements/.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
need wrk wrk || true
need nginx nginx-light || true
exec go run ./bench/proxy "$@"
