# Sourced. need WHAT PACKAGE: installs Debian's package where WHAT is missing (a
# command, or a pattern of file names that begins with /) and that is possible,
# and says so. Where it is not possible it returns 1, and in CI, which skips
# nothing, it ends the run.

# here says whether a command, or any file of the pattern, is on this machine.
here() {
	case $1 in
	/*) compgen -G "$1" >/dev/null ;;
	*) command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] ;;
	esac
}

need() {
	if here "$1"; then return 0; fi
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
		echo "setup: installing Debian's $2 for $1" >&2
		install_package "$2" >&2 || echo "setup: apt-get install $2 failed" >&2
		if here "$1"; then return 0; fi
	fi
	if [ "${CI:-}" = true ]; then
		echo "setup: $1 is not here and could not be installed (Debian's package $2), and CI skips nothing" >&2
		exit 1
	fi
	echo "setup: $1 is not here and could not be installed; what needs it is skipped" >&2
	return 1
}

# install_package installs without starting servers that the package brings:
# tests start their own. It is silent unless it fails.
install_package() (
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	if [ ! -e /usr/sbin/policy-rc.d ]; then # how Debian asks whether a server may start; 101 is no
		trap 'rm -f "$log" /usr/sbin/policy-rc.d' EXIT
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod +x /usr/sbin/policy-rc.d
	fi
	export DEBIAN_FRONTEND=noninteractive
	# Lists that are older than a package's last update name files that are gone.
	if apt-get install -y -qq --no-install-recommends "$1" >"$log" 2>&1 </dev/null; then return 0; fi
	if apt-get update -qq >"$log" 2>&1 && apt-get install -y -qq --no-install-recommends "$1" >>"$log" 2>&1 </dev/null; then return 0; fi
	cat "$log"
	return 1
)
