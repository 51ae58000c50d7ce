# Two commands do all set-up: go run ./cmd/guestright demo, and make test.

.PHONY: test check trial fuzz bench build fmt lint tools

# Everything, with the race detector, on SQLite and PostgreSQL and in a real
# browser. Installs what is missing where it may and says what it did.
test:
	@scripts/test.sh

# The quick loop before a commit: format, vet, lint, tests on SQLite.
check: lint
	go test ./...

lint:
	@scripts/lint.sh

# The counts that take longer: kills, faults, long fuzz. Writes docs/measurements.
trial:
	@scripts/trial.sh

# Every parser against made-up input, FUZZ seconds each.
fuzz:
	@scripts/fuzz.sh $(FUZZ)

# Ratios against bare programs in the same run. Writes docs/measurements.
bench:
	@scripts/bench.sh

# One static binary for this machine in dist/; all of them with PLATFORMS=all.
build:
	@scripts/build.sh

include edge/page/assets.mk
