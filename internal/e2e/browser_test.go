package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"bluerose/internal/browsertest"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestWebsite opens the service's own page in a browser. One browser and one service serve all; each test has its own tab.
func TestWebsite(t *testing.T) {
	s := start(t)
	browser := browsertest.Start(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, *service, context.Context)
	}{
		{"an uploaded picture is negated", testUpload},
		{"the sample rose is blue", testSample},
		{"an error is said in words", testError},
		{"every filter runs", testFilters},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := browser.Tab(t)
			browsertest.Do(t, tab, chromedp.Navigate(s.url+"/"))
			shows(t, tab, "-negate")
			c.test(t, s, tab)
		})
	}
}

// shows waits until the picture after is the result of args.
func shows(t *testing.T, tab context.Context, args string) {
	t.Helper()
	browsertest.Until(t, tab, fmt.Sprintf(
		`document.querySelector('#compare').ariaBusy === 'false' && document.querySelector('#compare').dataset.shown === %q && document.querySelector('#error').hidden`, args))
}

// typeArgs writes args in place of the arguments on the page.
func typeArgs(t *testing.T, tab context.Context, args string) {
	t.Helper()
	browsertest.Do(t, tab, chromedp.Focus("#args"))
	browsertest.Eval[bool](t, tab, `(document.querySelector('#args').select(), true)`)
	browsertest.Do(t, tab, chromedp.KeyEvent(kb.Delete+args))
}

// showsPixels fails unless an <img> of the page has exactly the pixels of a PNG.
func showsPixels(t *testing.T, tab context.Context, selector string, want []byte) {
	t.Helper()
	expected := pixels(decoded(t, want))
	width, height, got := browsertest.Pixels(t, tab, selector)
	if size := expected.Rect.Size(); size.X != width || size.Y != height {
		t.Fatalf("%s is %dx%d, want %v", selector, width, height, size)
	}
	for i := 0; i < len(got); i += 4 {
		if !bytes.Equal(got[i:i+4], expected.Pix[i:i+4]) {
			t.Fatalf("%s at %d,%d is %v, want %v", selector, i/4%width, i/4/width, got[i:i+4], expected.Pix[i:i+4])
		}
	}
}

func testUpload(t *testing.T, _ *service, tab context.Context) {
	// ImageMagick's own PNG says what its gamma is, and browsers would follow that.
	picture := encoded(t, decoded(t, reference(t, nil, "rose:", "-flop")))
	path := filepath.Join(t.TempDir(), "my rose.png")
	if err := os.WriteFile(path, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	before := browsertest.Eval[string](t, tab, `document.querySelector('#after').src`)
	browsertest.Do(t, tab, chromedp.SetUploadFiles("#file", []string{path}))
	browsertest.Until(t, tab, fmt.Sprintf(`document.querySelector('#after').src !== %q`, before))
	shows(t, tab, "-negate")
	showsPixels(t, tab, "#before", picture)
	showsPixels(t, tab, "#after", reference(t, picture, "-", "-negate"))
}

func testSample(t *testing.T, _ *service, tab context.Context) {
	browsertest.Do(t, tab, chromedp.Click("#sample"))
	shows(t, tab, "-negate")
	showsPixels(t, tab, "#before", reference(t, nil, "rose:"))
	showsPixels(t, tab, "#after", reference(t, nil, "rose:", "-negate"))
}

func testError(t *testing.T, s *service, tab context.Context) {
	for _, c := range []struct{ args, says string }{
		{"-no-such-option", "-no-such-option"}, {"-resize 100000x100000", "too large"}, {"https://example.org/x.png", "other hosts"},
	} {
		typeArgs(t, tab, c.args)
		browsertest.Until(t, tab, fmt.Sprintf(
			`!document.querySelector('#error').hidden && document.querySelector('#error-text').textContent.includes(%q)`, c.says))
		public(t, s, browsertest.Eval[string](t, tab, `document.querySelector('#error-text').textContent`))
	}
	typeArgs(t, tab, "-flip")
	shows(t, tab, "-flip")
}

// testFilters runs what the page offers, as the page does it.
func testFilters(t *testing.T, _ *service, tab context.Context) {
	type outcome struct {
		Args    string
		Status  int
		Message string
	}
	outcomes := browsertest.Eval[[]outcome](t, tab, `(async () => {
		const { FILTERS, IDEAS } = await import('./filters.js');
		const rose = await (await fetch('/prod/images?args=rose:&output=png', { method: 'POST' })).blob();
		const filled = (filter) => filter.args.map((arg) => filter.parameters.reduce((text, p) => text.replace('{' + p.name + '}', p.value), arg));
		const outcomes = [];
		for (const args of [...FILTERS.map(filled), ...IDEAS.map((idea) => idea.args)]) {
			const query = new URLSearchParams({ args: args.map((arg) => "'" + arg + "'").join(' '), output: 'png' });
			const response = await fetch('/prod/images?' + query, { method: 'POST', body: rose });
			const picture = response.ok ? await createImageBitmap(await response.blob()) : null;
			outcomes.push({ Args: args.join(' '), Status: picture?.width > 0 ? 200 : response.status, Message: response.ok ? '' : await response.text() });
		}
		return outcomes;
	})()`)
	if len(outcomes) < 30 {
		t.Fatalf("only %d filters were run", len(outcomes))
	}
	for _, o := range outcomes {
		if o.Status != 200 {
			t.Errorf("the page offers %s, which is refused with %d: %s", o.Args, o.Status, o.Message)
		}
	}
}
