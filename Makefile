# make run    fetch libvips, build, and start Bluerose on http://127.0.0.1:8080
# make test   everything that is tested: unit, script, browser
# make bench  side by side with sharp and ImageMagick (see docs/performance.md)

export CGO_ENABLED := 0
GO_FILES := $(shell git ls-files -co --exclude-standard '*.go')

.PHONY: run build deps test test-tools check bench parity clean

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
	node --test site/test/*.test.mjs

# What only tests need: ImageMagick as the reference, and a browser.
test-tools:
	@scripts/test-tools

check:
	@out=$$(gofmt -l $(GO_FILES)); if [ -n "$$out" ]; then echo "gofmt wants to change:"; echo "$$out"; exit 1; fi
	go vet ./...

bench: build
	cd bench && npm ci --no-audit --no-fund --ignore-scripts
	go run ./bench $(BENCH)

parity: build test-tools
	python3 scripts/parity.py --under-test './bluerose convert' $(PARITY) internal/imaging/testdata/commands.tsv

clean:
	rm -rf bluerose node_modules bench/node_modules data dist
