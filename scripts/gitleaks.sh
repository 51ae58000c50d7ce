#!/usr/bin/env bash
# Installs gitleaks in one exact version for the tests, from the Go module proxy,
# apart from this module: what it needs does not become what we need. Prints the
# folder of the program. In CI it fails when that is not possible.
set -euo pipefail
version=v8.30.1
dir=${XDG_CACHE_HOME:-$HOME/.cache}/guestright/gitleaks-$version
if [ ! -x "$dir/gitleaks" ]; then
	echo "setup: installing gitleaks $version" >&2
	if ! log=$(cd / && GOBIN=$dir GOFLAGS= CGO_ENABLED=0 go install "github.com/zricethezav/gitleaks/v8@$version" 2>&1); then
		echo "$log" >&2
		[ "${CI:-}" != true ] || exit 1
		echo "setup: gitleaks could not be installed; what needs it is skipped" >&2
	fi
fi
echo "$dir"
