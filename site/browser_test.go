package site_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/format"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bluerose/internal/browsertest"
	"bluerose/site"
)

// One browser serves all; each test below has a tab, a page and an API of its own.
func TestPage(t *testing.T) {
	browser := browsertest.Start(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, context.Context)
	}{
		{"the sample rose is blue", testSample},
		{"an uploaded picture is negated", testUpload},
		{"a new picture has no result yet", testNoResultYet},
		{"a dropped and a pasted picture are taken", testDropAndPaste},
		{"filters and arguments stay in step", testInStep},
		{"sliders, order and removal write the arguments", testChain},
		{"before and after are compared", testCompare},
		{"the output format is asked for", testOutput},
		{"errors are said in words", testErrors},
		{"a bad file is not sent", testBadFile},
		{"an unreachable service is said in words", testUnreachable},
		{"a newer request cancels the one in flight", testAbort},
		{"another origin is called when asked", testOtherOrigin},
		{"the keyboard is enough", testKeyboard},
		{"the call can be copied", testSnippets},
		{"every control has a name", testNames},
		{"a phone does not scroll sideways", testPhone},
		{"the theme follows the system and the button", testTheme},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, browser.Tab(t)) })
	}
}

// open loads the page with the sample rose negated, and gives the API behind it with no calls left unread.
func open(t *testing.T, tab context.Context) *fakeAPI {
	t.Helper()
	api := newFakeAPI(t)
	navigate(t, tab, serve(t, api, site.Config{}))
	api.next(t, tab)
	return api
}

func navigate(t *testing.T, tab context.Context, address string) {
	t.Helper()
	browsertest.Do(t, tab, chromedp.Navigate(address))
	shows(t, tab, "-negate")
}

// shows waits until the picture after is the result of args.
func shows(t *testing.T, tab context.Context, args string) {
	t.Helper()
	browsertest.Until(t, tab, fmt.Sprintf(
		`document.querySelector('#compare').ariaBusy === 'false' && document.querySelector('#compare').dataset.shown === %q && document.querySelector('#error').hidden`, args))
}

// failsWith waits until the page says message as its error.
func failsWith(t *testing.T, tab context.Context, message string) {
	t.Helper()
	browsertest.Until(t, tab, fmt.Sprintf(
		`!document.querySelector('#error').hidden && document.querySelector('#error-text').textContent.includes(%q)`, message))
}

func typeArgs(t *testing.T, tab context.Context, args string) {
	t.Helper()
	browsertest.Do(t, tab, chromedp.Focus("#args"))
	browsertest.Eval[bool](t, tab, `(document.querySelector('#args').select(), true)`)
	browsertest.Do(t, tab, chromedp.KeyEvent(kb.Delete+args))
}

func text(t *testing.T, tab context.Context, selector string) string {
	t.Helper()
	return browsertest.Eval[string](t, tab, fmt.Sprintf(`document.querySelector(%q).textContent`, selector))
}

func value(t *testing.T, tab context.Context, selector string) string {
	t.Helper()
	return browsertest.Eval[string](t, tab, fmt.Sprintf(`document.querySelector(%q).value`, selector))
}

// same fails unless the shown picture has the pixels of a PNG.
func same(t *testing.T, tab context.Context, selector string, want []byte) {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	width, height, got := browsertest.Pixels(t, tab, selector)
	if size := picture.Bounds().Size(); size.X != width || size.Y != height {
		t.Fatalf("%s is %dx%d, want %dx%d", selector, width, height, size.X, size.Y)
	}
	for i := range width * height {
		r, g, b, a := picture.At(i%width, i/width).RGBA()
		if want := []byte{byte(r >> 8), byte(g >> 8), byte(b >> 8), byte(a >> 8)}; !bytes.Equal(got[4*i:4*i+4], want) {
			t.Fatalf("%s at %d,%d is %v, want %v", selector, i%width, i/width, got[4*i:4*i+4], want)
		}
	}
}

func upload(t *testing.T, tab context.Context, name string, content []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	browsertest.Do(t, tab, chromedp.SetUploadFiles("#file", []string{path}))
}

func mustNegate(t *testing.T, data []byte) []byte {
	t.Helper()
	negated, err := negate(data)
	if err != nil {
		t.Fatal(err)
	}
	return negated
}

func testSample(t *testing.T, tab context.Context) {
	api := open(t, tab)
	same(t, tab, "#before", api.sample)
	same(t, tab, "#after", mustNegate(t, api.sample))
	if got := text(t, tab, "#before-facts"); !strings.Contains(got, "70 × 46 · PNG") {
		t.Errorf("facts before: %q", got)
	}
	if got := text(t, tab, "#after-facts"); got != "70 × 46 · PNG" {
		t.Errorf("facts after: %q", got)
	}
	if size, time := text(t, tab, "#fact-size"), text(t, tab, "#fact-time"); !strings.HasSuffix(size, "B") || !strings.HasSuffix(time, " ms") {
		t.Errorf("size %q, time %q", size, time)
	}
	if got := browsertest.Eval[string](t, tab, `document.querySelector('#download').download`); got != "rose-bluerose.png" {
		t.Errorf("download is named %q", got)
	}
}

func testUpload(t *testing.T, tab context.Context) {
	api := open(t, tab)
	picture := testPicture(t, 31, 17)
	upload(t, tab, "my picture.png", picture)
	sent := api.next(t, tab)
	if sent.args != "-negate" || sent.contentType != "image/png" || !bytes.Equal(sent.body, picture) {
		t.Errorf("sent args %q, type %q, %d bytes", sent.args, sent.contentType, len(sent.body))
	}
	browsertest.Until(t, tab, `document.querySelector('#after').naturalWidth === 31`)
	same(t, tab, "#before", picture)
	same(t, tab, "#after", mustNegate(t, picture))
	if got := browsertest.Eval[string](t, tab, `document.querySelector('#download').download`); got != "my picture-bluerose.png" {
		t.Errorf("download is named %q", got)
	}
}

func testNoResultYet(t *testing.T, tab context.Context) {
	api := open(t, tab)
	typeArgs(t, tab, "-blur 0x2")
	api.next(t, tab)
	upload(t, tab, "another.png", testPicture(t, 31, 17))
	api.next(t, tab)
	if shown := browsertest.Eval[string](t, tab, `document.querySelector('#compare').dataset.shown ?? 'nothing'`); shown != "nothing" {
		t.Errorf("the page says that it shows the result of %q", shown)
	}
	if browsertest.Eval[bool](t, tab, `document.querySelector('#after').hasAttribute('src')`) {
		t.Error("the result of the picture before is left")
	}
	typeArgs(t, tab, "-negate") // which ends the call that waits
	shows(t, tab, "-negate")
}

func testDropAndPaste(t *testing.T, tab context.Context) {
	api := open(t, tab)
	for _, event := range []string{
		`new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })`,
		`new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })`,
	} {
		refused := browsertest.Eval[bool](t, tab, fmt.Sprintf(`(() => {
			const data = new DataTransfer();
			data.items.add(new File(['GIF89a-not-really'], 'x.gif', { type: 'image/gif' }));
			const event = %s;
			document.body.dispatchEvent(event);
			return event.defaultPrevented;
		})()`, event))
		if !refused {
			t.Errorf("the browser would have handled %s itself", event)
		}
		if sent := api.next(t, tab); sent.contentType != "image/gif" || string(sent.body) != "GIF89a-not-really" {
			t.Errorf("%s sent %q as %s", event, sent.body, sent.contentType)
		}
	}
	failsWith(t, tab, "The picture is broken; send another.")

	clipboard := func(read string) {
		browsertest.Eval[bool](t, tab, `(navigator.clipboard.read = async () => { `+read+` }, true)`)
		browsertest.Do(t, tab, chromedp.Click("#paste"))
	}
	clipboard(`return [];`)
	failsWith(t, tab, "There is no picture in the clipboard")
	clipboard(`throw new DOMException('no', 'NotAllowedError');`)
	failsWith(t, tab, "does not let this page read the clipboard")
	clipboard(`return [{ types: ['text/html', 'image/png'], getType: async () => new Blob(['GIF87a-pasted'], { type: 'image/png' }) }];`)
	if sent := api.next(t, tab); sent.contentType != "image/gif" || string(sent.body) != "GIF87a-pasted" {
		t.Errorf("the button sent %q as %s", sent.body, sent.contentType)
	}
}

func testInStep(t *testing.T, tab context.Context) {
	api := open(t, tab)
	if got := browsertest.Eval[[]string](t, tab, `[...document.querySelectorAll('#chain li')].map((li) => li.dataset.step)`); fmt.Sprint(got) != "[negate]" {
		t.Errorf("the chain begins as %v", got)
	}
	browsertest.Do(t, tab, chromedp.Click(`[data-filter="sepia"]`))
	if sent := api.next(t, tab); sent.args != "-negate -sepia-tone 80%" {
		t.Errorf("adding sepia sent %q", sent.args)
	}
	if got := value(t, tab, "#args"); got != "-negate -sepia-tone 80%" {
		t.Errorf("adding sepia wrote %q", got)
	}
	typeArgs(t, tab, "-rotate 45 -fill 'rgb(1, 2, 3)'")
	browsertest.Until(t, tab, `[...document.querySelectorAll('#chain li')].map((li) => li.dataset.step).join() === 'rotate,raw'`)
	if got := value(t, tab, `#chain [type="number"]`); got != "45" {
		t.Errorf("the field of rotate says %q", got)
	}
	if got := text(t, tab, "#chain .raw code"); got != "-fill 'rgb(1, 2, 3)'" {
		t.Errorf("the raw step says %q", got)
	}
	typeArgs(t, tab, "-negate 'open")
	browsertest.Until(t, tab, `!document.querySelector('#args-error').hidden`)
	if got := text(t, tab, "#args-error"); !strings.Contains(got, "quote (') is not closed") {
		t.Errorf("an open quote is called %q", got)
	}
}

func testChain(t *testing.T, tab context.Context) {
	open(t, tab)
	set := func(selector, value string) {
		browsertest.Eval[bool](t, tab, fmt.Sprintf(
			`(() => { const e = document.querySelector(%q); e.value = %q; return e.dispatchEvent(new Event('input', { bubbles: true })); })()`, selector, value))
	}
	args := func(want string) {
		t.Helper()
		if got := value(t, tab, "#args"); got != want {
			t.Errorf("arguments are %q, want %q", got, want)
		}
	}
	browsertest.Do(t, tab, chromedp.Click(`[data-filter="gamma"]`))
	args("-negate -gamma 1.4")
	set(`#chain [type="range"]`, "2")
	args("-negate -gamma 2")
	if got := value(t, tab, `#chain [type="number"]`); got != "2" {
		t.Errorf("the field says %q beside the slider's 2", got)
	}
	set(`#chain [type="number"]`, "9.5")
	args("-negate -gamma 9.5")
	set(`#chain [type="number"]`, "")
	args("-negate -gamma 9.5")
	browsertest.Do(t, tab, chromedp.Click(`#chain li:nth-child(2) [data-action="up"]`))
	args("-gamma 9.5 -negate")
	browsertest.Do(t, tab, chromedp.Click(`#chain li:nth-child(1) [data-action="remove"]`))
	args("-negate")
	browsertest.Do(t, tab, chromedp.Click("#clear"))
	args("")
	shows(t, tab, "")
	browsertest.Do(t, tab, chromedp.Click("#ideas .chip"))
	args("-negate")
	shows(t, tab, "-negate")
}

func testCompare(t *testing.T, tab context.Context) {
	open(t, tab)
	browsertest.Do(t, tab, chromedp.Click(`input[name="view"][value="slider"] + span`))
	shown := func() string {
		return browsertest.Eval[string](t, tab, `getComputedStyle(document.querySelector('#after-figure .frame')).clipPath`)
	}
	if got := shown(); got != "inset(0px 0px 0px 50%)" {
		t.Errorf("the slider begins with %s", got)
	}
	browsertest.Do(t, tab, chromedp.Focus("#wipe"), chromedp.KeyEvent(kb.ArrowRight))
	if got := shown(); got != "inset(0px 0px 0px 51%)" {
		t.Errorf("a key moves the slider to %s", got)
	}
	browsertest.Eval[bool](t, tab, `(() => {
		const frame = document.querySelector('#after-figure .frame');
		const { left, width, top } = frame.getBoundingClientRect();
		return frame.dispatchEvent(new PointerEvent('pointerdown', { buttons: 1, clientX: left + width / 4, clientY: top + 9 }));
	})()`)
	if got := shown(); got != "inset(0px 0px 0px 25%)" {
		t.Errorf("the pointer moves the slider to %s", got)
	}
}

func testOutput(t *testing.T, tab context.Context) {
	api := open(t, tab)
	browsertest.Do(t, tab, chromedp.Click(`input[name="output"][value="webp"] + span`))
	if sent := api.next(t, tab); sent.output != "webp" {
		t.Errorf("output is %q", sent.output)
	}
	browsertest.Do(t, tab, chromedp.Click(`input[name="output"][value=""] + span`))
	if sent := api.next(t, tab); sent.output != "" {
		t.Errorf("output is %q", sent.output)
	}
	upload(t, tab, "drawing.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>`))
	if sent := api.next(t, tab); sent.output != "png" || sent.contentType != "image/svg+xml" {
		t.Errorf("an SVG asks for %q as %q", sent.output, sent.contentType)
	}
}

func testErrors(t *testing.T, tab context.Context) {
	open(t, tab)
	typeArgs(t, tab, "-nonsense")
	failsWith(t, tab, "The argument -nonsense is not supported; take it away.")
	if got := text(t, tab, "#error-id"); got != "Request id request-1" {
		t.Errorf("the request is called %q", got)
	}
	if browsertest.Eval[bool](t, tab, `document.querySelector('#download').checkVisibility()`) {
		t.Error("the result of an older call can still be downloaded as this one's")
	}
	offline(t, tab, true)
	typeArgs(t, tab, "-flip")
	failsWith(t, tab, "You are offline")
	offline(t, tab, false)
	browsertest.Do(t, tab, chromedp.Click("#retry"))
	shows(t, tab, "-flip")
	if !browsertest.Eval[bool](t, tab, `document.querySelector('#download').checkVisibility()`) {
		t.Error("the result cannot be downloaded")
	}
}

func offline(t *testing.T, tab context.Context, yes bool) {
	t.Helper()
	conditions := network.OverrideNetworkStateParams{Offline: yes, DownloadThroughput: -1, UploadThroughput: -1}
	if _, err := chromedp.Call(tab, network.OverrideNetworkState, conditions); err != nil {
		t.Fatal(err)
	}
	rules := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
		{Offline: yes, DownloadThroughput: -1, UploadThroughput: -1},
	}}
	if _, err := chromedp.Call(tab, network.EmulateNetworkConditionsByRule, rules); err != nil {
		t.Fatal(err)
	}
}

func testBadFile(t *testing.T, tab context.Context) {
	api := open(t, tab)
	upload(t, tab, "notes.png", []byte("no picture at all"))
	failsWith(t, tab, "notes.png is not a picture that the service reads.")
	upload(t, tab, "empty.png", nil)
	failsWith(t, tab, "empty.png is empty")
	browsertest.Eval[bool](t, tab, `(() => {
		const data = new DataTransfer();
		data.items.add(new File([new Uint8Array(33 * 1024 * 1024)], 'big.png', { type: 'image/png' }));
		const input = document.querySelector('#file');
		input.files = data.files;
		return input.dispatchEvent(new Event('change'));
	})()`)
	failsWith(t, tab, "big.png is too large: 33 MB, and the service takes 32 MB at most.")
	select {
	case sent := <-api.calls:
		t.Errorf("sent %d bytes all the same", len(sent.body))
	default:
	}
	same(t, tab, "#before", api.sample)
}

func testUnreachable(t *testing.T, tab context.Context) {
	api := httptest.NewServer(http.NotFoundHandler())
	closed := api.URL
	api.Close()
	address := serve(t, newFakeAPI(t), site.Config{APIOrigins: []string{closed}})
	browsertest.Do(t, tab, chromedp.Navigate(address+"/?api="+url.QueryEscape(closed)))
	failsWith(t, tab, "The service at "+strings.TrimPrefix(closed, "http://")+" cannot be reached")
	if !browsertest.Eval[bool](t, tab, `!document.querySelector('#retry').hidden`) {
		t.Error("there is no button to try again")
	}
}

func testAbort(t *testing.T, tab context.Context) {
	api := open(t, tab)
	typeArgs(t, tab, "-blur 0x2")
	for sent := api.next(t, tab); sent.args != "-blur 0x2"; sent = api.next(t, tab) {
		// What was typed so far may have been sent on a machine that is slow.
	}
	typeArgs(t, tab, "-negate")
	receive(t, tab, api.aborted)
	shows(t, tab, "-negate")
	same(t, tab, "#after", mustNegate(t, api.sample))
}

func testOtherOrigin(t *testing.T, tab context.Context) {
	api := newFakeAPI(t)
	other := httptest.NewServer(api)
	t.Cleanup(other.Close)
	address := serve(t, http.NotFoundHandler(), site.Config{APIOrigins: []string{other.URL}})
	navigate(t, tab, address+"/?api="+url.QueryEscape(other.URL))
	same(t, tab, "#after", mustNegate(t, api.sample))
	if got := text(t, tab, "#elsewhere"); !strings.Contains(got, other.URL) {
		t.Errorf("the page says %q about where pictures go", got)
	}
}

func testKeyboard(t *testing.T, tab context.Context) {
	api := open(t, tab)
	focused := func() string {
		return browsertest.Eval[string](t, tab, `document.activeElement.dataset.filter ?? document.activeElement.id`)
	}
	// tabTo presses Tab until the control has the focus, and checks on the way that each one shows where the focus is.
	tabTo := func(name string) {
		t.Helper()
		for range 120 {
			browsertest.Do(t, tab, chromedp.KeyEvent(kb.Tab))
			visible := browsertest.Eval[bool](t, tab, `(() => {
				const e = document.activeElement;
				const ring = e.matches('.segmented input') ? e.nextElementSibling : e.matches('#choose input') ? e.parentElement : e;
				return e === document.body || getComputedStyle(ring).outlineStyle === 'solid';
			})()`)
			if !visible {
				t.Errorf("the focus on %q cannot be seen", focused())
			}
			if focused() == name {
				return
			}
		}
		t.Fatalf("Tab never comes to %s", name)
	}
	tabTo("file")
	tabTo("sample")
	tabTo("args")
	browsertest.Do(t, tab, chromedp.KeyEvent(kb.End), chromedp.KeyEvent(" -flop"))
	if sent := api.next(t, tab); sent.args != "-negate -flop" {
		t.Errorf("typing sent %q", sent.args)
	}
	tabTo("flip")
	browsertest.Do(t, tab, chromedp.KeyEvent(kb.Enter))
	if sent := api.next(t, tab); sent.args != "-negate -flop -flip" {
		t.Errorf("Enter on a filter sent %q", sent.args)
	}
	if got := focused(); got != "flip" {
		t.Errorf("adding a filter moved the focus to %q", got)
	}
	tabTo("tab-curl")
	browsertest.Do(t, tab, chromedp.KeyEvent(kb.ArrowRight))
	if got := focused(); got != "tab-go" {
		t.Errorf("the right arrow went to %q", got)
	}
	browsertest.Do(t, tab, chromedp.Focus(`#chain li:nth-child(1) [data-action="remove"]`), chromedp.KeyEvent(kb.Enter))
	if got := browsertest.Eval[string](t, tab, `document.activeElement.ariaLabel`); got != "Remove: Flop" {
		t.Errorf("after removal the focus is on %q", got)
	}
}

func testSnippets(t *testing.T, tab context.Context) {
	open(t, tab)
	origin := browsertest.Eval[string](t, tab, "location.origin")
	snippet := func(name string) string {
		browsertest.Do(t, tab, chromedp.Click("#tab-"+name))
		return text(t, tab, "#snippet")
	}
	if got := snippet("curl"); !strings.Contains(got, origin+"/prod/images?args=-negate") || !strings.Contains(got, "@rose.png") {
		t.Errorf("curl says\n%s", got)
	}
	for _, args := range []string{"", "-negate", `-fill 'a "b" \ c'`} {
		typeArgs(t, tab, args)
		for _, output := range []string{"", "webp"} {
			browsertest.Do(t, tab, chromedp.Click(fmt.Sprintf(`input[name="output"][value=%q] + span`, output)))
			program := snippet("go")
			formatted, err := format.Source([]byte(program))
			if err != nil || string(formatted) != program {
				t.Errorf("the Go text is not as gofmt writes it (%v):\n%s", err, program)
			}
		}
	}
	copied := make(chan string, 1)
	if _, err := chromedp.Run(tab, chromedp.ExposeFunc("copied", func(_ context.Context, text string) (string, error) {
		copied <- text
		return "", nil
	})); err != nil {
		t.Fatal(err)
	}
	browsertest.Eval[bool](t, tab, `(navigator.clipboard.writeText = async (text) => { await copied(text); }, true)`)
	want := snippet("javascript")
	browsertest.Do(t, tab, chromedp.Click("#copy"))
	if got := receive(t, tab, copied); got != want || !strings.Contains(got, "await fetch(") {
		t.Errorf("copied\n%s\nwant\n%s", got, want)
	}
	browsertest.Until(t, tab, `document.querySelector('#status').textContent === 'Copied as JavaScript.'`)
}

// A screen reader calls a control by its label, its aria-label, its text or its alt text: each must have one of them.
func testNames(t *testing.T, tab context.Context) {
	open(t, tab)
	typeArgs(t, tab, "-resize 5x5 -bordercolor '#112233' -border 3 -unknown")
	browsertest.Until(t, tab, `document.querySelectorAll('#chain li').length === 3`)
	nameless := browsertest.Eval[json.RawMessage](t, tab, `[...document.querySelectorAll('button, input, select, textarea, a, img')]
		.filter((e) => e.checkVisibility() && !e.ariaLabel && !e.labels?.length && !e.textContent.trim() && e.getAttribute('alt') === null)
		.map((e) => e.outerHTML)`)
	if string(nameless) != "[]" {
		t.Errorf("controls without a name: %s", nameless)
	}
	if got := browsertest.Eval[int](t, tab, `document.querySelectorAll('h1').length`); got != 1 {
		t.Errorf("the page has %d first headings", got)
	}
}

func testPhone(t *testing.T, tab context.Context) {
	browsertest.Do(t, tab, chromedp.EmulateViewport(360, 740, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch))
	open(t, tab)
	typeArgs(t, tab, "-resize 512x512^ -brightness-contrast 10x20 "+strings.Repeat("x", 200))
	browsertest.Until(t, tab, `document.querySelectorAll('#chain li').length === 3`)
	for _, view := range []string{"slider", "side"} {
		browsertest.Do(t, tab, chromedp.Click(fmt.Sprintf(`input[name="view"][value=%q] + span`, view)))
		if wide := browsertest.Eval[int](t, tab, `document.documentElement.scrollWidth`); wide > 360 {
			t.Errorf("in view %s the page is %d pixels wide", view, wide)
		}
	}
	if lines := browsertest.Eval[float64](t, tab, `document.querySelector('.top').clientHeight / document.querySelector('#theme').offsetHeight`); lines > 2 {
		t.Errorf("the links at the top take %.1f lines", lines)
	}
	small := browsertest.Eval[json.RawMessage](t, tab, `[...document.querySelectorAll('button, .button, .segmented span')]
		.filter((e) => e.checkVisibility() && Math.min(e.getBoundingClientRect().width, e.getBoundingClientRect().height) < 43.5)
		.map((e) => e.outerHTML)`)
	if string(small) != "[]" {
		t.Errorf("too small for a finger: %s", small)
	}
}

func testTheme(t *testing.T, tab context.Context) {
	scheme := func(name string) {
		t.Helper()
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}}
		if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
			t.Fatal(err)
		}
	}
	const light, dark = "rgb(245, 246, 252)", "rgb(10, 14, 34)"
	ground := func(want string) {
		t.Helper()
		if got := browsertest.Eval[string](t, tab, `getComputedStyle(document.body).backgroundColor`); got != want {
			t.Errorf("the page is %s, want %s", got, want)
		}
	}
	scheme("dark")
	open(t, tab)
	ground(dark)
	scheme("light")
	ground(light)
	browsertest.Do(t, tab, chromedp.Click("#theme"), chromedp.Click("#theme"))
	ground(dark)
	if got := text(t, tab, "#theme"); got != "Theme: dark" {
		t.Errorf("the button says %q", got)
	}
	browsertest.Do(t, tab, chromedp.Reload())
	shows(t, tab, "-negate")
	ground(dark)
	if got := browsertest.Eval[string](t, tab, `getComputedStyle(document.querySelector('.progress'), '::before').animationName`); got != "none" {
		t.Errorf("with reduced motion the animation is %q", got)
	}
}
