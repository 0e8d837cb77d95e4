# make run    fetch libvips, build, and start Bluerose on http://127.0.0.1:8080
# make test   everything that is tested: unit, script, browser
# make bench  side by side with sharp and ImageMagick (see docs/performance.md)
# make parity how closely convert speaks ImageMagick's language, line by line of a list of command lines
# make docs   docs/convert.md from the tables of the language

export CGO_ENABLED := 0
GO_FILES := $(shell git ls-files -co --exclude-standard '*.go')

.PHONY: run build deps test test-tools check bench parity docs clean

run: build
	@exec ./bluerose up

build: deps
	go build -trimpath -ldflags '-s -w' -o bluerose ./cmd/bluerose

# The pinned libvips: npm checks its digest against the lock file.
deps: node_modules/.package-lock.json

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

test: deps test-tools check
	go test -count=1 ./...
	node --test site/test/*.test.mjs site/test/console/*.test.mjs

# What only tests need: ImageMagick as the reference, a browser, and a DynamoDB.
DYNALITE := internal/table/tabletest/testdata/dynalite

test-tools: $(DYNALITE)/node_modules/.package-lock.json
	@scripts/test-tools

$(DYNALITE)/node_modules/.package-lock.json: $(DYNALITE)/package.json $(DYNALITE)/package-lock.json
	cd $(DYNALITE) && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

check:
	@out=$$(gofmt -l $(GO_FILES)); if [ -n "$$out" ]; then echo "gofmt wants to change:"; echo "$$out"; exit 1; fi
	go vet ./...

bench: build
	cd bench && npm ci --no-audit --no-fund --ignore-scripts
	go run ./bench $(BENCH)

# PARITY='-only c0[0-4]' measures some of the command lines.
parity: deps test-tools
	go test -count=1 -timeout 60m -v ./internal/imaging -run '^TestParity$$' -commands testdata/commands.tsv $(PARITY)
	go test -count=1 ./internal/imaging -run '^TestConvertPage$$'

# docs/convert.md is printed from the tables of the language.
docs:
	go test -count=1 ./internal/imaging -run '^TestConvertPage$$' -update

clean:
	rm -rf bluerose node_modules bench/node_modules $(DYNALITE)/node_modules data dist
