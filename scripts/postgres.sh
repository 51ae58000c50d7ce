#!/usr/bin/env bash
# Starts a throw-away PostgreSQL for tests on a free loopback port, runs the
# command given, stops it and removes its data. Installs Debian's server when it
# is missing and that is possible; says what it did; otherwise runs the command
# without PostgreSQL (tests then skip), and in CI fails.
set -euo pipefail

. "$(dirname "$0")/need.sh"
server=/usr/lib/postgresql/'*'/bin/postgres
need "$server" postgresql || exec "$@"
bin=$(dirname "$(compgen -G "$server" | sort -V | tail -n 1)")

# Every test makes a database and drops it, a thousand files each time: in memory,
# where there is enough, that takes a tenth. What is measured lies on the disk.
roomy() { # 4 GiB, in KiB
	[ -w /dev/shm ] && [ "$(df --output=avail /dev/shm | tail -n 1)" -ge 4194304 ] &&
		[ "$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)" -ge 4194304 ]
}
where=/tmp
if [ "${GUESTRIGHT_TEST_FSYNC:-off}" = off ] && [ -z "${GUESTRIGHT_TRIAL:-}" ] && roomy 2>/dev/null; then
	where=/dev/shm
fi
dir=$(mktemp -d "$where/guestright-pg.XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
	id postgres >/dev/null 2>&1 || useradd --system postgres
	chown postgres "$dir"
	as=(setpriv --reuid=postgres --regid="$(id -g postgres)" --clear-groups)
fi
stop() {
	"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
	rm -rf "$dir"
}
trap stop EXIT

"${as[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-sync >/dev/null
for try in 1 2 3 4 5; do
	port=$((20000 + RANDOM % 20000))
	if "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/log" -o "-p $port -k $dir -c listen_addresses=127.0.0.1 -c max_connections=400 -c fsync=${GUESTRIGHT_TEST_FSYNC:-off}" start >/dev/null; then
		export GUESTRIGHT_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
		echo "postgres: $("$bin/postgres" --version) on port $port for this run" >&2
		"$@"
		exit
	fi
done
echo "postgres: could not start; the log says:" >&2
cat "$dir/log" >&2
exit 1
