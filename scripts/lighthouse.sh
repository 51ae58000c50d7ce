#!/usr/bin/env bash
# Lets Lighthouse judge the public directory: a list of 1,000 listings, an entry and
# a customer sheet, each in light and on a small screen. It fails below 0.95 in
# accessibility or best practices, and writes what it found below the line of dashes
# in docs/measurements/directory.md.
#
# Needs Node and Chromium; CHROME_PATH names another than the one on the path.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
version=12.8.2
need npx npm || exit 0
if [ -z "${CHROME_PATH:-}" ]; then
	need chromium-headless-shell chromium-headless-shell || exit 0
	CHROME_PATH=$(command -v chromium-headless-shell)
fi
export CHROME_PATH
dir=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; fi; rm -rf "$dir"' EXIT
at=127.0.0.1:8480
CGO_ENABLED=0 go build -o "$dir/directory" ./bench/directory
"$dir/directory" -serve $at >"$dir/log" 2>&1 &
server=$!
for _ in $(seq 240); do
	if curl -sf "http://$at/directory" -o /dev/null; then break; fi
	sleep 0.5
done
curl -sf "http://$at/directory" -o /dev/null || { cat "$dir/log"; exit 1; }
for page in directory directory/app-0007 directory/app-0007/sheet; do
	npx --yes "lighthouse@$version" "http://$at/$page" --quiet --output=json --output-path="$dir/$(echo $page | tr / _).json" \
		--only-categories=accessibility,best-practices,seo,performance --chrome-flags="--headless --no-sandbox --disable-gpu"
done
node - "$dir" "$version" docs/measurements/directory.md <<'NODE'
const fs = require("fs"), path = require("path");
const [dir, version, file] = process.argv.slice(2);
let text = `\n## What Lighthouse ${version} says\n\n\`scripts/lighthouse.sh\` lets it judge pages of that directory on an emulated telephone. Wanted are 0.95 in accessibility and best practices.\n\n| page | accessibility | best practices | search engines | performance |\n|---|---|---|---|---|\n`;
let low = false;
for (const f of fs.readdirSync(dir).filter((f) => f.endsWith(".json")).sort()) {
	const r = JSON.parse(fs.readFileSync(path.join(dir, f)));
	const score = (name) => r.categories[name].score;
	for (const name of ["accessibility", "best-practices"]) {
		if (score(name) >= 0.95) continue;
		low = true;
		for (const a of r.categories[name].auditRefs) {
			const audit = r.audits[a.id];
			if (audit.score !== null && audit.score < 1) console.error(f, name, a.id, audit.title, JSON.stringify(audit.details?.items ?? []).slice(0, 600));
		}
	}
	text += `| ${new URL(r.finalDisplayedUrl).pathname} | ${score("accessibility")} | ${score("best-practices")} | ${score("seo")} | ${score("performance")} |\n`;
}
console.log(text);
const line = "\n---\n", old = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "# The directory\n";
fs.writeFileSync(file, old.split(line)[0] + line + text);
process.exit(low ? 1 : 0);
NODE
