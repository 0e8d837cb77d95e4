// Package browsertest runs a real Chromium for tests of the website. One browser serves all tests of a package; every
// test has a tab of its own that shares nothing with the others, and fails when its page throws, logs an error or is
// stopped by its Content-Security-Policy.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// How long one test may take in its tab, and Chromium to stop; far more than either needs, so that a hang ends with a name.
const (
	tabDeadline  = time.Minute
	stopDeadline = 20 * time.Second
)

// Browser is a running Chromium.
type Browser struct {
	ctx context.Context
}

// Start starts Chromium, headless and with a profile of its own, and stops it at the end of t.
// Where there is none, the test fails and says what to install.
func Start(t testing.TB) *Browser {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(find(t)),
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(release)
	ctx, abandon := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		defer abandon()
		limited, done := context.WithTimeout(ctx, stopDeadline)
		defer done()
		if err := chromedp.Cancel(limited); err != nil {
			t.Errorf("stopping Chromium: %v", err)
		}
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return &Browser{ctx}
}

func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("the browser tests need Chromium in PATH; on Debian: apt-get install chromium")
	return ""
}

// Tab opens an empty tab in a browser context of its own (no cookies, storage or cache of other tests) for chromedp's
// actions. It closes at the end of t.
func (b *Browser) Tab(t testing.TB) context.Context {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	var mu sync.Mutex
	var faults []string
	t.Cleanup(func() {
		closeTab()
		mu.Lock()
		defer mu.Unlock()
		for _, fault := range faults {
			t.Errorf("the page is not clean: %s", fault)
		}
	})
	err := chromedp.Listen(ctx, func(event any) {
		if fault := faultOf(event); fault != "" {
			mu.Lock()
			defer mu.Unlock()
			faults = append(faults, fault)
		}
	})
	if err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	limited, release := context.WithTimeout(ctx, tabDeadline)
	t.Cleanup(release)
	return limited
}

// faultOf describes an event that no page of ours may cause; "" for all others. Failed requests are no faults: pages
// answer for them in words.
func faultOf(event any) string {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		return text
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			text := "console.error"
			for _, arg := range e.Args {
				text += fmt.Sprintf(" %s%s", arg.Value, arg.Description)
			}
			return text
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			return e.Entry.Text
		}
	}
	return ""
}

// Do runs actions in a tab and ends the test when one fails.
func Do(t testing.TB, tab context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(tab, actions...); err != nil {
		t.Fatal(err)
	}
}

// Until waits until a JavaScript expression is true in the page, which looks at it before every frame.
func Until(t testing.TB, tab context.Context, condition string) {
	t.Helper()
	wait := fmt.Sprintf(`new Promise((done) => {
		const look = () => ((%s) ? done(true) : requestAnimationFrame(look));
		look();
	})`, condition)
	if err := chromedp.Do(tab, chromedp.Evaluate[chromedp.Void](wait, chromedp.EvalAwaitPromise)); err != nil {
		t.Fatalf("waiting until %s: %v", condition, err)
	}
}

// Eval gives the value of a JavaScript expression in the page; a promise is waited for.
func Eval[T any](t testing.TB, tab context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(tab, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("evaluating %s: %v", expression, err)
	}
	return value
}

// Pixels gives the pixels of an <img> of the page as its decoder made them: RGBA bytes, row by row.
func Pixels(t testing.TB, tab context.Context, selector string) (width, height int, rgba []byte) {
	t.Helper()
	read := Eval[struct {
		Width, Height int
		RGBA          []int
	}](t, tab, fmt.Sprintf(`(async () => {
		const image = document.querySelector(%q);
		await image.decode();
		const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
		const context = canvas.getContext('2d');
		context.drawImage(image, 0, 0);
		const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
		return { Width: width, Height: height, RGBA: [...data] };
	})()`, selector))
	rgba = make([]byte, len(read.RGBA))
	for i, v := range read.RGBA {
		rgba[i] = byte(v)
	}
	return read.Width, read.Height, rgba
}
