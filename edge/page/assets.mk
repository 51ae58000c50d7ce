# Re-creates the vendored front-end builds from edge/page/assets/package-lock.json (Node 20 and npm).
.PHONY: assets pages
assets: pages
	./edge/page/assets/build.sh

# Turns templates into Go; the results are committed.
pages:
	go run github.com/a-h/templ/cmd/templ@v0.3.977 generate -path edge
