# What a developer types. CI runs `make test` too, so a green run here is a green run there.

.PHONY: test build tools check unit browser fuzz kill bench long crash pictures demo clean

STEP := .ci/step
# Browser tests measure time and sound, and killed stations are real processes: they run
# alone, without the race detector.
UNIT := $$(go list ./... | grep -vE '/(e2e|crash)$$')

## test: all of it, in about 25 minutes on two cores; installs what is missing
test: tools check unit kill browser fuzz bench

## build: the one binary
build:
	go build -trimpath -o bin/ringdown ./cmd/ringdown

## tools: Chromium, the TypeScript checker and the network tools, unless they are there
tools:
	@$(STEP) "tools" .ci/tools

## check: what needs no run: format, vet, staticcheck, floors, types of the page
check:
	@$(STEP) "gofmt" .ci/gofmt
	@$(STEP) "go vet" go vet ./...
	@$(STEP) "staticcheck" go tool staticcheck ./...
	@$(STEP) "floors and house rules" go test -count=1 .
	@$(STEP) "types of the page" .ci/tsc
	@$(STEP) "tests of the page without a browser" node --test web/test/

## unit: every test but the browsers', whole; then under the race detector, with fewer rounds of those that repeat.
## SQLite, which is C made Go, is not looked at for races: that would take most of the time.
unit:
	@$(STEP) "tests" go test -timeout 15m $(UNIT)
	@$(STEP) "tests, race detector on" go test -race -short -gcflags='modernc.org/...=-race=false' -timeout 15m $(UNIT)

## kill: two real stations, killed 50 times under traffic
kill:
	@$(STEP) "killed stations" go test -count=1 -timeout 10m ./crash

## browser: two real Chromium pages through two real stations
browser:
	@$(STEP) "browser tests" go test -count=1 -timeout 25m ./e2e

## fuzz: every fuzz target for a few seconds (FUZZ_SECONDS in all, 90 unless told)
fuzz:
	@$(STEP) "fuzz" .ci/fuzz

## bench: every benchmark, briefly, and the numbers that people are promised
bench:
	@$(STEP) "ring, voice, lines a core" go run ./cmd/ringdown bench --lines 100 --calls 5 --spoken 3s
	@$(STEP) "benchmarks" go test -run '^$$' -bench . -benchtime 200ms -timeout 10m $(UNIT)

## long: what takes too long for CI: ten minutes in a hidden tab, an hour of fuzzing
long:
	@$(STEP) "browser tests, long" env RINGDOWN_LONG=1 go test -count=1 -timeout 60m ./e2e
	@FUZZ_SECONDS=3600 $(STEP) "fuzz, long" .ci/fuzz

## crash: the same, 1,000 times
crash:
	@$(STEP) "killed stations, long" env RINGDOWN_CRASH=1000 go test -count=1 -v -timeout 180m ./crash

## pictures: docs/stage.png from the stage in a call, docs/record.png from a console with a history, each light and dark
pictures: tools
	@mkdir -p tmp
	RINGDOWN_SHOTS=$(CURDIR)/tmp go test -count=1 -run 'TestStage|TestHistoryShown' ./e2e
	cp tmp/stage-light.png docs/stage.png
	cp tmp/stage-dark.png docs/stage-dark.png
	cp tmp/record-light.png docs/record.png
	cp tmp/record-dark.png docs/record-dark.png

## demo: two stations on this machine, and a stage to look at them
demo:
	go run ./cmd/ringdown demo

clean:
	rm -rf bin
