# Sourced. need COMMAND PACKAGE: installs Debian's package where the command is
# missing and that is possible, says so, and returns 1 otherwise.
need() {
	command -v "$1" >/dev/null 2>&1 && return 0
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
		echo "setup: installing Debian's $2 for $1" >&2
		[ -n "${APT_FRESH:-}" ] || { apt-get update -qq >&2 && APT_FRESH=1; }
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1 || true
		command -v "$1" >/dev/null 2>&1 && return 0
	fi
	echo "setup: $1 is not here and could not be installed; what needs it is skipped" >&2
	return 1
}
