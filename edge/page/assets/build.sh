#!/bin/sh
# Re-creates every vendored front-end build from package-lock.json.
# Needs Node 20 or newer and npm; the built files are committed, so `go build` needs neither.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$here/package.json" "$here/package-lock.json" "$work/"
# install, not ci: the lock names Tailwind's builds for Linux only, and ci refuses a lock that does not
# name every platform. Versions and checksums still come from the lock.
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund --loglevel=error)
modules="$work/node_modules"

mkdir -p "$here/served" "$here/licence" "$here/axe"
cp "$modules/htmx.org/dist/htmx.min.js" "$here/served/htmx.js"
# The closing source-map comment points at a file we do not ship.
grep -v '^//# sourceMappingURL' "$modules/uplot/dist/uPlot.iife.min.js" > "$here/served/uplot.js"
cp "$modules/axe-core/axe.min.js" "$here/axe/axe.min.js"
inter="$modules/@fontsource-variable/inter/files"
mono="$modules/@fontsource-variable/jetbrains-mono/files"
cp "$inter/inter-latin-wght-normal.woff2" "$here/served/inter.woff2"
cp "$inter/inter-latin-ext-wght-normal.woff2" "$here/served/inter-ext.woff2"
cp "$mono/jetbrains-mono-latin-wght-normal.woff2" "$here/served/mono.woff2"
cp "$here/src/app.js" "$here/src/favicon.svg" "$here/src/directory.css" "$here/served/"

# Tailwind resolves imports beside its input, so the stylesheet is built inside the module folder
# and told where the templates are.
mkdir -p "$work/src"
cp "$here"/src/*.css "$work/src/"
printf '@source "%s/edge/**/*.templ";\n' "$root" >> "$work/src/app.css"
(cd "$work" && "$modules/.bin/tailwindcss" -i src/app.css -o "$here/served/app.css" --minify)

node "$here/build.mjs" "$modules" "$here"
