#!/usr/bin/env bash
# Static binaries in dist/: this machine's, or all with PLATFORMS=all.
set -euo pipefail
cd "$(dirname "$0")/.."
platforms="$(go env GOOS)/$(go env GOARCH)"
[ "${PLATFORMS:-}" != all ] || platforms="linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64"
mkdir -p dist
for p in $platforms; do
	os=${p%/*} arch=${p#*/} end=
	[ "$os" != windows ] || end=.exe
	out="dist/guestright-$os-$arch$end"
	CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -ldflags '-s -w' -o "$out" ./cmd/guestright
	echo "$out $(du -h "$out" | cut -f1)"
done
