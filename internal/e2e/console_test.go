package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"bluerose/internal/browsertest"
	"bluerose/internal/harness/results"
	"bluerose/internal/table"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestConsole works in the console as an owner does: with the key that `bluerose up` prints, and the keyboard alone but where
// two tests are compared.
func TestConsole(t *testing.T) {
	s := start(t)
	tab := browsertest.Start(t).Tab(t)
	browsertest.Do(t, tab, chromedp.Navigate(s.url+"/console/"))
	browsertest.Until(t, tab, `document.activeElement.id === 'key-id'`)
	press(t, tab, s.keyID, kb.Tab, s.secret, kb.Enter)
	browsertest.Until(t, tab, `document.querySelector('[data-function="harness"]')`)

	testWindow(t, s, tab)
	startTest(t, tab, `{"operation": "ping"}`, "pings", 200)
	agrees(t, s, tab, "pings", 200)
	startTest(t, tab, `{"operation": "nonsense"}`, "nonsense", 30)
	agrees(t, s, tab, "nonsense", 30)
	compared(t, tab)
	exportedAndDeleted(t, s, tab)
}

func press(t *testing.T, tab context.Context, keys ...string) {
	t.Helper()
	for _, key := range keys {
		browsertest.Do(t, tab, chromedp.KeyEvent(key))
	}
}

// tabTo presses Tab until the focus is on what has an id or a text.
func tabTo(t *testing.T, tab context.Context, name string) {
	t.Helper()
	for range 100 {
		press(t, tab, kb.Tab)
		if browsertest.Eval[bool](t, tab, fmt.Sprintf(`(({ id, textContent }) => id === %q || textContent === %q)(document.activeElement)`, name, name)) {
			return
		}
	}
	t.Fatalf("Tab never comes to %s", name)
}

// rewrite writes a text in place of that of the field with the focus.
func rewrite(t *testing.T, tab context.Context, text string) {
	t.Helper()
	browsertest.Eval[bool](t, tab, `(document.activeElement.select(), true)`)
	press(t, tab, kb.Delete, text)
}

func saysText(t *testing.T, tab context.Context, selector, words string) {
	t.Helper()
	browsertest.Until(t, tab, fmt.Sprintf(`document.querySelector(%q)?.textContent.includes(%q)`, selector, words))
}

func testWindow(t *testing.T, s *service, tab context.Context) {
	tabTo(t, tab, "image")
	press(t, tab, kb.Enter)
	browsertest.Until(t, tab, `document.querySelector('#event')?.value.includes('ping')`)
	tabTo(t, tab, "event")
	browsertest.Do(t, tab, chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2)))
	saysText(t, tab, "#answer", `"pong"`)
	saysText(t, tab, "#log", "REPORT RequestId: "+browsertest.Eval[string](t, tab, `document.querySelector('#request-id').textContent`))
	tabTo(t, tab, "Sign out")
	tabTo(t, tab, "convert: negate")
	press(t, tab, kb.Enter)
	browsertest.Until(t, tab, `document.querySelector('#event').value.includes('base64Image')`)
	tabTo(t, tab, "send")
	press(t, tab, kb.Enter)
	browsertest.Until(t, tab, `document.querySelector('#result img')`)
	showsPixels(t, tab, "#result img", reference(t, s.rose("png"), "-", "-negate"))
}

// startTest starts a load of units, and waits until the page has all its results.
func startTest(t *testing.T, tab context.Context, event, name string, iterations int) {
	t.Helper()
	browsertest.Eval[bool](t, tab, `(document.querySelector('#nav').focus(), document.activeElement.blur(), true)`)
	tabTo(t, tab, "Start a test")
	press(t, tab, kb.Enter)
	browsertest.Until(t, tab, `document.querySelector('#test-id')?.value.startsWith('image-')`)
	for _, field := range []struct{ id, text string }{{"event", event}, {"iterations", strconv.Itoa(iterations)}, {"test-id", name}} {
		tabTo(t, tab, field.id)
		rewrite(t, tab, field.text)
	}
	tabTo(t, tab, "start")
	press(t, tab, kb.Enter)
	saysText(t, tab, "#status", fmt.Sprintf("%d of %d results", iterations, iterations))
}

// agrees holds the numbers on the page to the tables.
func agrees(t *testing.T, s *service, tab context.Context, test string, iterations int) {
	t.Helper()
	stored := resultsOf(t, s, test)
	passed := 0
	for _, r := range stored {
		if r.Passed {
			passed++
		}
	}
	item, err := s.tables(s.keyID, s.secret).Get(t.Context(), results.Summaries, table.Key{Hash: test})
	var sum results.Summary
	if err == nil {
		err = item.Into(&sum)
	}
	if err != nil || len(stored) != iterations {
		t.Fatalf("%d results are stored: %v", len(stored), err)
	}
	for name, want := range map[string]float64{
		"Results": float64(iterations), "Passed": float64(passed), "Failed": float64(iterations - passed), "Cold starts": float64(sum.ColdStarts),
		"Per second": sum.Throughput, "p50": sum.P50, "p90": sum.P90, "p99": sum.P99, "Longest": sum.Max,
	} {
		text := browsertest.Eval[string](t, tab, fmt.Sprintf(`document.querySelector('[data-fact=%q]').textContent`, name))
		number, unit, _ := strings.Cut(strings.ReplaceAll(text, ",", ""), " ")
		got, err := strconv.ParseFloat(number, 64)
		if unit == "s" {
			got *= 1000
		}
		if err != nil || math.Abs(got-want) > want/100 { // three digits are shown
			t.Errorf("%s of %s is %q, want %v", name, test, text, want)
		}
	}
	browsertest.Eval[bool](t, tab, `(document.querySelector('#histogram details').open = true)`)
	browsertest.Until(t, tab, `document.querySelector('#histogram tbody')`)
	inBars := browsertest.Eval[int](t, tab, `[...document.querySelectorAll('#histogram td')]
		.reduce((sum, { textContent }) => sum + Number(textContent.replaceAll(',', '')), 0)`)
	if inBars != iterations {
		t.Errorf("the histogram of %s has %d results, want %d", test, inBars, iterations)
	}
}

// compared lays the test that passed over the one that failed, which is on the page, and looks at a failed result.
func compared(t *testing.T, tab context.Context) {
	t.Helper()
	saysText(t, tab, "#errors", "InvalidRequest")
	tabTo(t, tab, "more-failures")
	press(t, tab, kb.Enter)
	browsertest.Until(t, tab, `document.querySelectorAll('#failures details').length === 20`)
	saysText(t, tab, `#failures [data-iteration="0"] pre`, `Unrecognized operation \"nonsense\"`)
	browsertest.Until(t, tab, `document.querySelectorAll('#compare option').length === 2`)
	browsertest.Eval[bool](t, tab, `((e) => (e.value = 'pings', e.dispatchEvent(new Event('change'))))(document.querySelector('#compare'))`)
	saysText(t, tab, "#figures", "Results30200−85 %")
	saysText(t, tab, "#figures", "Failed300")
	browsertest.Until(t, tab, `['#histograms > svg path.outline', '#throughput > svg path.dashed'].every((name) => document.querySelector(name)?.getTotalLength() > 0)`)
}

func exportedAndDeleted(t *testing.T, s *service, tab context.Context) {
	t.Helper()
	browsertest.Eval[bool](t, tab, `(URL.createObjectURL = (blob) => { window.exported = blob; return '#'; }, true)`)
	browsertest.Do(t, tab, chromedp.Click("#export-json"))
	saysText(t, tab, "#status", "30 results are exported.")
	var items []results.Result
	err := json.Unmarshal([]byte(browsertest.Eval[string](t, tab, `window.exported.text()`)), &items)
	if err != nil || len(items) != 30 || items[29].ErrorKind != "InvalidRequest" {
		t.Errorf("the file has %d results: %v", len(items), err)
	}
	browsertest.Do(t, tab, chromedp.Click("#delete"), chromedp.Click("#delete-yes"))
	browsertest.Until(t, tab, `document.querySelector('#tests')?.textContent.includes('pings')`)
	if left := resultsOf(t, s, "nonsense"); len(left) != 0 || browsertest.Eval[bool](t, tab, `document.querySelector('#tests').textContent.includes('nonsense')`) {
		t.Errorf("%d results are left", len(left))
	}
}
