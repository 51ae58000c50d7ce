#!/bin/sh
# Measures the gateway's way to the upstream against a bare
# httputil.ReverseProxy and nginx, in one run, and writes the table to
# docs/measurements/proxy.md. Needs wrk (Debian package); nginx is optional.
#
#   bench/proxy.sh [options of "proxy run", for instance -rounds 5 -seconds 10]
#
# GOGC and GOMEMLIMIT, when set, hold for every Go server alike. A further
# server is added with -target 'name=command {listen} {upstream}'.
set -eu
cd "$(dirname "$0")/.."
if ! command -v wrk >/dev/null; then
	echo "proxy bench skipped: wrk is not installed (apt-get install wrk)"
	exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CGO_ENABLED=0 go build -o "$dir/proxy" ./bench/proxy
"$dir/proxy" run -out docs/measurements/proxy.md "$@"
