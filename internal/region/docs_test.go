package region_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bluerose/internal/browsertest"
)

// The page of the API shows every route of the definition, calls one, and fits a phone.
func TestDocs(t *testing.T) {
	r := start(t, nil)
	tab := browsertest.Start(t).Tab(t)
	browsertest.Do(t, tab, chromedp.Navigate("http://"+r.Addr()+"/docs#invoke"))
	browsertest.Until(t, tab, `document.documentElement.dataset.shown === 'true'`)
	if got := browsertest.Eval[int](t, tab, `document.querySelectorAll('#routes > section > details').length`); got != 15 {
		t.Errorf("%d routes are shown, want 15", got)
	}
	if !browsertest.Eval[bool](t, tab, `document.querySelector('#invoke').open && document.querySelector('#invoke').textContent.includes('UnsupportedArgument')`) {
		t.Error("the route that the address names is closed, or lacks its errors")
	}
	if text := browsertest.Eval[string](t, tab, `document.body.textContent`); strings.Contains(text, "`") {
		t.Error("the page shows the marks of descriptions as they are written")
	}
	browsertest.Do(t, tab, chromedp.Focus("#try-invoke button"), chromedp.KeyEvent(kb.Enter))
	browsertest.Until(t, tab, `document.querySelector('#try-invoke [role=status]').textContent.includes('"pong"')`)
	unnamed := browsertest.Eval[int](t, tab, `[...document.querySelectorAll('input, select, textarea')].filter((c) => !c.labels.length).length`)
	if unnamed != 0 {
		t.Errorf("%d controls have no name", unnamed)
	}
	browsertest.Do(t, tab, chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
	browsertest.Eval[bool](t, tab, `(document.querySelectorAll('details').forEach((d) => { d.open = true; }), document.documentElement.dataset.theme = 'dark', true)`)
	if wide := browsertest.Eval[int](t, tab, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("a phone scrolls sideways: %d px", wide)
	}
}
