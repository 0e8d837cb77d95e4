package site_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bluerose/internal/browsertest"
	"bluerose/internal/harness/results"
)

// One browser serves all; each test below has a tab, tables and functions of its own.
func TestConsole(t *testing.T) {
	browser := browsertest.Start(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, context.Context)
	}{
		{"only the right key gets in, and out it is forgotten", testSignIn},
		{"without WebCrypto it is said what to do", testInsecure},
		{"functions have versions and aliases", testFunctions},
		{"an answer is shown, and the picture in it", testAnswer},
		{"a failure is red", testFailure},
		{"a call is cancelled", testCancel},
		{"what is no JSON is not sent", testBadEvent},
		{"an event is left to the queue", testQueued},
		{"a picture is put into the event", testInsert},
		{"a test is followed while it runs", testLive},
		{"two tests are laid over one another", testOverlay},
		{"failed iterations have their results", testFailures},
		{"results are exported", testExport},
		{"a test is deleted when that is meant", testDelete},
		{"tests are filtered and sorted", testList},
		{"a load is started", testStart},
		{"charts are read by keyboard", testChartKeys},
		{"every control of the console has a name", testConsoleNames},
		{"the console fits a phone, in both themes", testConsolePhone},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, browser.Tab(t)) })
	}
}

// enter signs in and shows the view of an address such as "#/tests".
func enter(t *testing.T, tab context.Context, hash string) *fakeAWS {
	t.Helper()
	aws := newFakeAWS(t)
	enterAt(t, tab, aws, hash)
	return aws
}

func enterAt(t *testing.T, tab context.Context, aws *fakeAWS, hash string) {
	t.Helper()
	browsertest.Do(t, tab, chromedp.Navigate(aws.url+hash))
	signIn(t, tab, aws.key.ID, aws.key.Secret)
	visible(t, tab, hash)
}

func signIn(t *testing.T, tab context.Context, id, secret string) {
	t.Helper()
	browsertest.Until(t, tab, `document.activeElement.id === 'key-id'`)
	browsertest.Eval[bool](t, tab, `(document.querySelector('#sign-in').reset(), true)`)
	browsertest.Do(t, tab, chromedp.SendKeys("#key-id", id), chromedp.SendKeys("#secret", secret), chromedp.Click("#sign-in-button"))
}

// visible waits until the view of an address is there.
func visible(t *testing.T, tab context.Context, hash string) {
	t.Helper()
	browsertest.Until(t, tab, fmt.Sprintf(`document.querySelector('#view').dataset.shown?.startsWith(%q)`, hash))
}

// goTo shows another view.
func goTo(t *testing.T, tab context.Context, hash string) {
	t.Helper()
	browsertest.Eval[bool](t, tab, fmt.Sprintf(`(delete document.querySelector('#view').dataset.shown, location.hash = %q, true)`, hash))
	visible(t, tab, hash)
}

func says(t *testing.T, tab context.Context, selector, words string) {
	t.Helper()
	browsertest.Until(t, tab, fmt.Sprintf(
		`((e) => e?.checkVisibility() && e.textContent.includes(%q))(document.querySelector(%q))`, words, selector))
}

func fact(t *testing.T, tab context.Context, name string) string {
	t.Helper()
	return text(t, tab, fmt.Sprintf(`[data-fact=%q]`, name))
}

// edit writes an event.
func edit(t *testing.T, tab context.Context, event string) {
	t.Helper()
	browsertest.Do(t, tab, chromedp.Focus("#event"))
	browsertest.Eval[bool](t, tab, fmt.Sprintf(
		`(() => { const e = document.querySelector('#event'); e.value = %q; return e.dispatchEvent(new Event('input')); })()`, event))
}

func testSignIn(t *testing.T, tab context.Context) {
	aws := newFakeAWS(t)
	browsertest.Do(t, tab, chromedp.Navigate(strings.TrimSuffix(aws.url, "/")))
	signIn(t, tab, "BRNOSUCHKEY", aws.key.Secret)
	says(t, tab, "#sign-in-error", "There is no such access key here")
	browsertest.Do(t, tab, chromedp.Focus("#key-id"))
	signIn(t, tab, aws.key.ID, "wrong")
	says(t, tab, "#sign-in-error", "The secret does not belong to this access key")
	browsertest.Do(t, tab, chromedp.Focus("#key-id"))
	signIn(t, tab, aws.key.ID, aws.key.Secret)
	visible(t, tab, "")
	says(t, tab, "h1", "Functions")
	browsertest.Do(t, tab, chromedp.Reload())
	visible(t, tab, "")
	if got := browsertest.Eval[string](t, tab, `JSON.stringify(localStorage) + document.cookie`); strings.Contains(got, aws.key.ID) {
		t.Errorf("the key is kept beyond the tab: %s", got)
	}
	browsertest.Do(t, tab, chromedp.Click("#sign-out"))
	browsertest.Until(t, tab, `document.activeElement.id === 'key-id'`)
	got := browsertest.Eval[string](t, tab, `JSON.stringify(sessionStorage) + document.body.innerText + document.querySelector('#secret').value`)
	if strings.Contains(got, aws.key.ID) || strings.Contains(got, aws.key.Secret) {
		t.Errorf("after the sign-out there is %s", got)
	}
}

func testInsecure(t *testing.T, tab context.Context) {
	hide := page.AddScriptToEvaluateOnNewDocumentParams{Source: `Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })`}
	if _, err := chromedp.Call(tab, page.AddScriptToEvaluateOnNewDocument, hide); err != nil {
		t.Fatal(err)
	}
	browsertest.Do(t, tab, chromedp.Navigate(newFakeAWS(t).url))
	says(t, tab, "#insecure", "open this page with https://")
	if !browsertest.Eval[bool](t, tab, `document.querySelector('#sign-in-button').disabled`) {
		t.Error("one can sign in all the same")
	}
}

func testFunctions(t *testing.T, tab context.Context) {
	enter(t, tab, "#/functions")
	got := text(t, tab, `[data-function="image"]`)
	for _, want := range []string{"Pictures", "1,024 MB", "11 s", "prod → 7, 10 % $LATEST", "before the upgrade"} {
		if !strings.Contains(got, want) {
			t.Errorf("image has no %q: %s", want, got)
		}
	}
	browsertest.Do(t, tab, chromedp.Click(`[data-function="image"] .tags a`))
	visible(t, tab, "#/functions/image?qualifier=prod")
	if got := value(t, tab, "#qualifier"); got != "prod" {
		t.Errorf("the alias leads to %q", got)
	}
}

func testAnswer(t *testing.T, tab context.Context) {
	aws := enter(t, tab, "#/functions/image?qualifier=7")
	browsertest.Do(t, tab, chromedp.Focus("#event"), chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2))) // Ctrl
	says(t, tab, "#answer", `"pong"`)
	for name, want := range map[string]string{
		"Status": "Succeeded", "Duration": "12.3 ms", "Billed": "13 ms", "Memory": "55 of 1,024 MB", "Cold start": "80.1 ms", "Version": "7",
	} {
		if got := fact(t, tab, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	says(t, tab, "#request-id", "request-1")
	says(t, tab, "#log", "REPORT RequestId")
	browsertest.Eval[bool](t, tab, `([...document.querySelectorAll('.chip')].find((c) => c.textContent === 'convert: negate').click(), true)`)
	browsertest.Until(t, tab, `document.querySelector('#event').value.includes('base64Image')`)
	browsertest.Do(t, tab, chromedp.Click("#send"))
	browsertest.Until(t, tab, `document.querySelector('#result img')`)
	same(t, tab, "#result img", mustNegate(t, aws.sample))
	says(t, tab, "#result figcaption", "70 × 46 · PNG")
}

func testFailure(t *testing.T, tab context.Context) {
	enter(t, tab, "#/functions/image")
	edit(t, tab, `{"operation": "nonsense"}`)
	browsertest.Do(t, tab, chromedp.Click("#send"))
	says(t, tab, "#failure", "InvalidRequest")
	says(t, tab, "#failure", `Unrecognized operation "nonsense"`)
	if got := fact(t, tab, "Status"); got != "Failed" {
		t.Errorf("the status is %q", got)
	}
}

func testCancel(t *testing.T, tab context.Context) {
	aws := enter(t, tab, "#/functions/image")
	edit(t, tab, `{"operation": "hang"}`)
	browsertest.Do(t, tab, chromedp.Click("#send"))
	browsertest.Until(t, tab, `document.querySelector('#cancel').checkVisibility()`)
	browsertest.Do(t, tab, chromedp.KeyEvent(kb.Escape))
	receive(t, tab, aws.aborted)
	says(t, tab, "#status", "Cancelled.")
	edit(t, tab, `{"operation": "ping"}`)
	browsertest.Do(t, tab, chromedp.Click("#send"))
	says(t, tab, "#answer", "pong")
}

func testBadEvent(t *testing.T, tab context.Context) {
	enter(t, tab, "#/functions/image")
	edit(t, tab, "{\n  \"operation\": ping\n}")
	says(t, tab, "#event-error", "line 2, column 16")
	browsertest.Do(t, tab, chromedp.Click("#send"), chromedp.Click("#format"))
	selected := `(({ value, selectionStart, selectionEnd }) => value.slice(selectionStart, selectionEnd))(document.querySelector('#event'))`
	if got := browsertest.Eval[string](t, tab, selected); got != "p" {
		t.Errorf("format selects %q as wrong", got)
	}
	edit(t, tab, `{"operation":"ping"}`)
	browsertest.Do(t, tab, chromedp.Click("#format"))
	if got := value(t, tab, "#event"); got != "{\n  \"operation\": \"ping\"\n}" {
		t.Errorf("formatted it is %q", got)
	}
	if got := text(t, tab, "#status"); got != "Nothing has been sent yet." {
		t.Errorf("what is no JSON was sent: %s", got)
	}
}

func testQueued(t *testing.T, tab context.Context) {
	aws := enter(t, tab, "#/functions/image?qualifier=prod")
	browsertest.Do(t, tab, chromedp.Click("#later"), chromedp.Click("#send"))
	if got := receive(t, tab, aws.events); got.function != "image" || got.qualifier != "prod" || !strings.Contains(string(got.event), "ping") {
		t.Errorf("the queue got %+v", got)
	}
	says(t, tab, "#status", "Accepted")
}

func testInsert(t *testing.T, tab context.Context) {
	aws := enter(t, tab, "#/functions/image")
	path := filepath.Join(t.TempDir(), "mine.png")
	if err := os.WriteFile(path, aws.sample, 0o600); err != nil {
		t.Fatal(err)
	}
	edit(t, tab, `{"operation": "unit", "event": {"operation": "convert"}}`)
	browsertest.Do(t, tab, chromedp.SetUploadFiles("#picture", []string{path}))
	browsertest.Until(t, tab, `document.querySelector('#event').value.includes('base64Image')`)
	var event struct {
		Event struct{ Base64Image []byte }
	}
	if err := json.Unmarshal([]byte(value(t, tab, "#event")), &event); err != nil || string(event.Event.Base64Image) != string(aws.sample) {
		t.Errorf("the event holds %d bytes: %v", len(event.Event.Base64Image), err)
	}
}

// drawn gives how many results a chart's table adds up to.
func drawn(t *testing.T, tab context.Context, chart string, column int) float64 {
	t.Helper()
	browsertest.Eval[bool](t, tab, fmt.Sprintf(`(document.querySelector('#%s details').open = true)`, chart))
	browsertest.Until(t, tab, fmt.Sprintf(`document.querySelector('#%s tbody')`, chart))
	cells := browsertest.Eval[[]string](t, tab, fmt.Sprintf(`[...document.querySelectorAll('#%s tbody tr')].map((row) => row.cells[%d].textContent)`, chart, column))
	sum := 0.0
	for _, cell := range cells {
		n, err := strconv.ParseFloat(strings.NewReplacer(",", "", " %", "").Replace(cell), 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

func testLive(t *testing.T, tab context.Context) {
	aws := enter(t, tab, "#/tests/nightly?of=400")
	says(t, tab, "#status", "No results yet")
	aws.put("nightly", 120, 1)
	says(t, tab, "#status", "Running: 120 of 400")
	if got := browsertest.Eval[float64](t, tab, `document.querySelector('#progress').value`); got != 120 {
		t.Errorf("the progress is %v", got)
	}
	aws.put("nightly", 400, 1)
	says(t, tab, "#status", "400 of 400 results")
	for name, want := range map[string]string{
		"Results": "400", "Passed": "360", "Failed": "40", "Cold starts": "2", "p50": "29 ms", "Longest": "54 ms",
	} {
		if got := fact(t, tab, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	says(t, tab, "#errors", "Timeout40 (10 %)")
	if got := drawn(t, tab, "histogram", 1); got != 400 {
		t.Errorf("the histogram has %v results", got)
	}
	perSecond := drawn(t, tab, "throughput", 1)
	seconds := browsertest.Eval[float64](t, tab, `(([a, b]) => parseFloat(b.textContent) - parseFloat(a.textContent))(document.querySelectorAll('#throughput tbody th'))`)
	if got := perSecond * seconds; math.Abs(got-400) > 12 { // the table's numbers are rounded
		t.Errorf("the throughput adds up to %v results", got)
	}
}

func testOverlay(t *testing.T, tab context.Context) {
	aws := newFakeAWS(t)
	aws.put("before", 200, 1)
	aws.put("after", 100, 2)
	enterAt(t, tab, aws, "#/tests/after?of=100")
	says(t, tab, "#status", "100 of 100")
	browsertest.Eval[bool](t, tab, `(document.querySelector('#compare').value = 'before', document.querySelector('#compare').dispatchEvent(new Event('change')))`)
	visible(t, tab, "#/tests/after?of=100&with=before")
	says(t, tab, "#figures", "p5058 ms29 ms+100 %")
	if got := text(t, tab, "#figures"); !strings.Contains(got, "Results100200−50 %") {
		t.Errorf("the figures are %s", got)
	}
	for column := range 2 {
		if got := drawn(t, tab, "histograms", column+1); math.Abs(got-100) > 1 {
			t.Errorf("test %d has %v %% of its results in the histogram", column, got)
		}
	}
	if got := browsertest.Eval[int](t, tab, `document.querySelectorAll('#throughput > svg path.dashed').length`); got != 2 {
		t.Errorf("%d lines of the other test", got)
	}
}

func testFailures(t *testing.T, tab context.Context) {
	aws := newFakeAWS(t)
	aws.put("nightly", 250, 1)
	enterAt(t, tab, aws, "#/tests/nightly?of=250")
	shown := func(want int) {
		t.Helper()
		browsertest.Until(t, tab, fmt.Sprintf(`document.querySelectorAll('#failures details').length === %d`, want))
	}
	browsertest.Do(t, tab, chromedp.Click("#more-failures"))
	shown(20)
	browsertest.Do(t, tab, chromedp.Click("#more-failures"))
	shown(25)
	says(t, tab, "#failures", "25 shown, those are all.")
	browsertest.Do(t, tab, chromedp.Click(`#failures [data-iteration="203"] summary`))
	says(t, tab, `#failures [data-iteration="203"] pre`, `"errorMessage": "late"`)
}

// testExport reads what the page hands to the browser as a file.
func testExport(t *testing.T, tab context.Context) {
	aws := newFakeAWS(t)
	aws.put("nightly", 1234, 1)
	enterAt(t, tab, aws, "#/tests/nightly?of=1234")
	says(t, tab, "#status", "1,234 of 1,234")
	browsertest.Eval[bool](t, tab, `(URL.createObjectURL = (blob) => { window.exported = blob; return '#'; }, true)`)
	file := func(format string) string {
		t.Helper()
		browsertest.Do(t, tab, chromedp.Click("#export-"+format))
		says(t, tab, "#status", "1,234 results are exported.")
		return browsertest.Eval[string](t, tab, `window.exported.text()`)
	}
	rows, err := csv.NewReader(strings.NewReader(file("csv"))).ReadAll()
	if err != nil || len(rows) != 1235 || rows[0][0] != "testId" || rows[4][3] != "Timeout" || rows[4][13] != `{"errorMessage":"late"}` {
		t.Errorf("the CSV has %d rows: %v", len(rows), err)
	}
	says(t, tab, "#export-csv", "Export CSV")
	browsertest.Eval[bool](t, tab, `(document.querySelector('#status').textContent = '', true)`)
	var items []results.Result
	if err := json.Unmarshal([]byte(file("json")), &items); err != nil || len(items) != 1234 || items[1233].Iteration != 1233 || items[3].Passed {
		t.Errorf("the JSON has %d results: %v", len(items), err)
	}
}

func testDelete(t *testing.T, tab context.Context) {
	aws := newFakeAWS(t)
	aws.put("nightly", 60, 1)
	enterAt(t, tab, aws, "#/tests/nightly?of=60")
	browsertest.Do(t, tab, chromedp.Click("#delete"), chromedp.Click("#delete-no"))
	if n := aws.left("nightly"); n != 60 {
		t.Errorf("%d results are left, though they should be kept", n)
	}
	browsertest.Do(t, tab, chromedp.Click("#delete"), chromedp.Click("#delete-yes"))
	says(t, tab, "#status", "Deleted 60 results")
	if n := aws.left("nightly"); n != 0 {
		t.Errorf("%d results are left", n)
	}
	aws.summarize(results.Summary{TestID: "nightly"})
	visible(t, tab, "#/tests")
	says(t, tab, "#status", "There are no tests yet")
}

func testList(t *testing.T, tab context.Context) {
	aws := newFakeAWS(t)
	for i, name := range []string{"b", "a-x", "c-x"} {
		aws.put(name, 30-10*i, 1)
	}
	enterAt(t, tab, aws, "#/tests")
	order := func() string {
		return strings.Join(browsertest.Eval[[]string](t, tab, `[...document.querySelectorAll('#tests tbody a')].map((a) => a.textContent)`), " ")
	}
	browsertest.Do(t, tab, chromedp.Click(`[data-field="results"]`))
	if got := order(); got != "b a-x c-x" {
		t.Errorf("by results: %s", got)
	}
	browsertest.Do(t, tab, chromedp.Click(`[data-field="testId"]`))
	if got := order(); got != "a-x b c-x" {
		t.Errorf("by name: %s", got)
	}
	browsertest.Do(t, tab, chromedp.SendKeys("#filter", "X"), chromedp.Click(`[data-field="testId"]`))
	if got := order(); got != "c-x a-x" {
		t.Errorf("those with an x, the other way round: %s", got)
	}
	says(t, tab, "#status", "2 of 3 tests")
	if got := browsertest.Eval[string](t, tab, `document.querySelector('[aria-sort]').textContent + document.querySelector('[aria-sort]').ariaSort`); got != "Testdescending" {
		t.Errorf("the order is called %q", got)
	}
}

func testStart(t *testing.T, tab context.Context) {
	aws := enter(t, tab, "#/start")
	name := value(t, tab, "#test-id")
	if !regexp.MustCompile(`^image-\d{8}-\d{6}$`).MatchString(name) {
		t.Errorf("the proposed name is %q", name)
	}
	set := func(selector, value string) { browsertest.Do(t, tab, chromedp.SetValue(selector, value)) }
	for _, c := range []struct{ iterations, rate, says string }{
		{"0", "", "from 1 to 1,000,000"}, {"1000000", "10", "harness has 900 s"}, {"10", "-1", "The rate must be"},
	} {
		set("#iterations", c.iterations)
		set("#rate", c.rate)
		browsertest.Do(t, tab, chromedp.Click("#start"))
		says(t, tab, ".start .error", c.says)
	}
	set("#iterations", "50")
	set("#rate", "25")
	browsertest.Do(t, tab, chromedp.Click("#start"))
	visible(t, tab, "#/tests/"+name+"?of=50")
	var got, want any
	sent := receive(t, tab, aws.events)
	if err := json.Unmarshal(sent.event, &got); err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal([]byte(`{"operation": "load", "function": "harness", "iterations": 50, "rate": 25,
		"event": {"operation": "unit", "function": "image", "testId": "`+name+`", "event": {"operation": "ping"}}}`), &want)
	if sent.function != "harness" || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s got %v, want %v", sent.function, got, want)
	}
}

func testChartKeys(t *testing.T, tab context.Context) {
	aws := newFakeAWS(t)
	aws.put("nightly", 400, 1)
	enterAt(t, tab, aws, "#/tests/nightly?of=400")
	says(t, tab, "#status", "400 of 400")
	read := func(key string) string {
		browsertest.Do(t, tab, chromedp.KeyEvent(key))
		return text(t, tab, "#percentiles .readout")
	}
	browsertest.Do(t, tab, chromedp.Focus("#percentiles > svg"))
	first := read(kb.ArrowRight)
	if !regexp.MustCompile(`^[\d.]+ s: p50 [\d.]+ ms, p90 [\d.]+ ms, p99 [\d.]+ ms$`).MatchString(first) {
		t.Errorf("the first values are %q", first)
	}
	if second := read(kb.ArrowRight); second == first || read(kb.ArrowLeft) != first || read(kb.End) == first || read(kb.Home) != first {
		t.Errorf("the keys lead nowhere: %q", second)
	}
	if got := browsertest.Eval[string](t, tab, `document.querySelector('#percentiles desc').textContent`); !strings.Contains(got, "the 99th is at most") {
		t.Errorf("the chart is described as %q", got)
	}
	browsertest.Eval[bool](t, tab, `(() => {
		const svg = document.querySelector('#histogram > svg');
		const { left, width } = svg.getBoundingClientRect();
		return svg.dispatchEvent(new PointerEvent('pointermove', { clientX: left + width / 2 }));
	})()`)
	says(t, tab, "#histogram .readout", "Results ")
}

// everyView shows all of the console, and has look look at each view.
func everyView(t *testing.T, tab context.Context, look func(view string)) {
	t.Helper()
	for _, view := range []string{"#/functions", "#/functions/image", "#/start", "#/tests", "#/tests/nightly?of=400", "#/tests/nightly?of=400&with=other"} {
		goTo(t, tab, view)
		if strings.Contains(view, "?") {
			says(t, tab, "#status", "400 of 400")
		}
		look(view)
	}
}

// enterWithTests signs in where there are two tests with results.
func enterWithTests(t *testing.T, tab context.Context) {
	t.Helper()
	aws := newFakeAWS(t)
	aws.put("nightly", 400, 1)
	aws.put("other", 40, 1)
	enterAt(t, tab, aws, "#/tests/other?of=40")
}

func testConsoleNames(t *testing.T, tab context.Context) {
	enterWithTests(t, tab)
	everyView(t, tab, func(view string) {
		nameless := browsertest.Eval[json.RawMessage](t, tab, `[...document.querySelectorAll('button, input, select, textarea, a, img, [tabindex="0"]')]
			.filter((e) => e.checkVisibility() && !e.ariaLabel && !e.labels?.length && !e.textContent.trim() && e.getAttribute('alt') === null)
			.map((e) => e.outerHTML)`)
		if string(nameless) != "[]" {
			t.Errorf("%s has controls without a name: %s", view, nameless)
		}
		if got := browsertest.Eval[string](t, tab, `document.querySelectorAll('h1').length + ' ' + document.activeElement.id`); got != "1 view" {
			t.Errorf("%s has these first headings, and the focus: %s", view, got)
		}
	})
}

func testConsolePhone(t *testing.T, tab context.Context) {
	browsertest.Do(t, tab, chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch))
	enterWithTests(t, tab)
	for theme, ground := range map[string]string{"light": "rgb(245, 246, 252)", "dark": "rgb(10, 14, 34)"} {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}
		if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
			t.Fatal(err)
		}
		everyView(t, tab, func(view string) {
			if got := browsertest.Eval[string](t, tab, `document.documentElement.scrollWidth + ' ' + getComputedStyle(document.body).backgroundColor`); got != "390 "+ground {
				t.Errorf("%s in %s is %s", view, theme, got)
			}
			small := browsertest.Eval[json.RawMessage](t, tab, `[...document.querySelectorAll('button, .button, select, textarea')]
				.filter((e) => e.checkVisibility() && Math.min(e.getBoundingClientRect().width, e.getBoundingClientRect().height) < 43.5)
				.map((e) => e.outerHTML)`)
			if string(small) != "[]" {
				t.Errorf("%s is too small for a finger: %s", view, small)
			}
		})
		goTo(t, tab, "#/tests/other?of=40")
	}
}
