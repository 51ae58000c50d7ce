#!/usr/bin/env bash
# Proves that the two commands of the README need no more than Go, git and make:
# makes a minimal Debian in FOLDER, clones the last commit of this checkout into
# it, starts the demo there until its doors answer, and runs every test.
#
#   scripts/bare.sh FOLDER          makes FOLDER/root anew (about 6 GB) and keeps it
#   scripts/bare.sh FOLDER make     the same with what the last run installed
#   scripts/bare.sh FOLDER COMMAND  runs another command in the clone of the last run
#
# For root on Debian with debootstrap. Registries are asked as this machine asks
# them: its proxies, its name servers, its certificates.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || { sed -n '2,/^set/{/^set/d;s/^# \?//;p;}' "$0"; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
root=$folder/root
mirror=${MIRROR:-http://deb.debian.org/debian}
suite=${SUITE:-bookworm}

if [ $# = 0 ]; then
	goroot=$(go env GOROOT)
	rm -rf --one-file-system "$root"
	if [ ! -d "$folder/base" ]; then
		rm -rf --one-file-system "$folder/new"
		debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$folder/new" "$mirror" >"$folder/debootstrap.log"
		mv "$folder/new" "$folder/base"
	fi
	cp -a "$folder/base" "$root"
	mkdir -p "$root/usr/local" "$root/src"
	cp -a "$goroot" "$root/usr/local/go"
	printf 'deb %s %s main\ndeb %s %s-updates main\ndeb %s-security %s-security main\n' \
		"$mirror" "$suite" "$mirror" "$suite" "$mirror" "$suite" >"$root/etc/apt/sources.list"
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
	cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	if [ -e /etc/apt/apt.conf ]; then cp -L /etc/apt/apt.conf "$root/etc/apt/"; fi
	cp -Ln /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/fast" # it need not outlive a power cut
fi

# The published descriptions that tests of the catalog read are not ours to
# publish; they stand beside the checkout, or those tests are skipped.
ci=true
shared=$(dirname "$(git rev-parse --path-format=absolute --git-common-dir)")/../shared/corpus
if [ ! -d "$shared" ]; then
	ci=
	echo "bare: no $shared, so CI is not set and tests of the published descriptions are skipped" >&2
elif [ ! -d "$root/src/shared" ]; then
	mkdir -p "$root/src/shared"
	cp -a "$shared" "$root/src/shared/"
fi

# Mounts and processes in there end with the command, whatever happens.
enter='
set -euo pipefail
root=$1
shift
mount --bind "$root" "$root" # so that / is a mount in there, as everywhere else
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/dev/shm"
exec chroot "$root" "$@"
'
inside() {
	local vars=(HOME=/root "PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	for name in GOPROXY GONOPROXY GOPRIVATE GOSUMDB GONOSUMDB; do
		vars+=("$name=$(go env $name)")
	done
	for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
		[ -z "${!name:-}" ] || vars+=("$name=${!name}")
	done
	[ -z "$ci" ] || vars+=(CI=$ci)
	env -i "${vars[@]}" nice -n 10 unshare --mount --pid --fork --kill-child \
		bash -c "$enter" bash "$root" "$@"
}

if [ $# -gt 0 ] && [ "$1" != make ]; then
	inside bash -c 'cd /src/guestright && exec "$@"' bash "$@"
	exit
fi

git bundle create -q "$root/src/commit.bundle" HEAD
inside bash -euo pipefail -c '
cd /src
rm -rf guestright
git -c advice.detachedHead=false clone -q commit.bundle guestright
cd guestright
echo "bare: $(git log -1 --format="%h %s")"
'
inside bash -euo pipefail -c '
cd /src/guestright
for tool in gcc curl jq chromium nginx caddy node; do
	if command -v $tool; then echo "bare: there is a $tool already"; fi
done

set -m # a process group for Ctrl-C
go run ./cmd/guestright demo >/src/demo.log 2>&1 &
demo=$!
set +m
until grep -q "Guestright is running" /src/demo.log; do
	kill -0 $demo 2>/dev/null || { cat /src/demo.log; exit 1; }
	sleep 1
done
cat /src/demo.log
# status URL: what answers there, asked without curl.
status() {
	local at=${1#http://}
	local host=${at%%/*} path=/${at#*/}
	[ "$path" != "/$at" ] || path=/
	exec 3<>"/dev/tcp/${host%:*}/${host#*:}" || return 1
	printf "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" "$path" "$host" >&3
	head -n 1 <&3 | cut -d" " -f2
	exec 3>&-
}
address() { sed -n "s,^  $1 *\(http://[^ /]*\).*,\1,p" /src/demo.log; }
for door in "$(address Console)/ 303" "$(address Console)/sign-in 200" "$(address Console)/openapi.json 200" \
	"$(address Health)/readyz 200" "$(address Gateway)/api/v1/accounts/harbour-books/members 401"; do
	got=$(status "${door% *}")
	echo "bare: ${door% *} answers $got"
	[ "$got" = "${door#* }" ] || { echo "bare: expected ${door#* }"; exit 1; }
done
kill -INT -- -$demo
wait $demo || true # an interrupted go run says 1, whatever its program says
if status "$(address Console)/" 2>/dev/null; then echo "bare: the demo goes on after Ctrl-C"; exit 1; fi
echo "bare: go run ./cmd/guestright demo works"
'
inside bash -euo pipefail -c '
cd /src/guestright
make test 2>&1 | tee /src/test.log
echo "bare: make test works"
'
