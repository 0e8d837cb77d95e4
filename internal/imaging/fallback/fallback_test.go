package fallback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/render"
	"bluerose/internal/sandbox"
)

// reference is ImageMagick 6.9, as Debian packages it.
const reference = "/usr/bin/convert"

// launch is the first argument of the test program when it is the launcher.
const launch = "launch-in-sandbox"

func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == launch {
		policy, err := sandbox.ParsePolicy(os.Args[2])
		if err == nil {
			err = sandbox.Exec(policy, os.Args[3:], os.Environ(), nil)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(9)
	}
	switch filepath.Base(os.Args[0]) { // see TestFind
	case "magick":
		fmt.Println("Version: ImageMagick 7.1.1-15 Q16-HDRI x86_64")
	case "convert":
		fmt.Println("Converts file systems, not pictures.")
	default:
		os.Exit(m.Run())
	}
}

func config(t *testing.T) Config {
	t.Helper()
	found, err := Find(t.Context(), reference, nil)
	if err != nil {
		t.Fatalf("%v; make test-tools installs it", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Magick: found, Launcher: []string{self, launch}, Scratch: t.TempDir()}
}

func newEngine(t *testing.T, change func(*Config)) *Engine {
	t.Helper()
	cfg := config(t)
	if change != nil {
		change(&cfg)
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left, err := os.ReadDir(cfg.Scratch); err != nil || len(left) > 0 {
			t.Errorf("the folder of jobs holds %v, %v", left, err)
		}
	})
	return e
}

// rose is the reference's own.
func rose(t *testing.T) []byte { return refer(t, "rose:", "png:-") }

func refer(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(reference, args...).Output()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out
}

// job parses a command line whose pictures are files.
func job(t *testing.T, files map[string][]byte, args ...string) render.Job {
	t.Helper()
	program, err := magick.Parse(args)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return render.Job{Program: program, Open: func(name string) ([]byte, error) {
		if data, ok := files[name]; ok {
			return data, nil
		}
		return nil, event.Errorf(event.NotFound, "there is no %s", name)
	}}
}

func TestSamePicturesAsImageMagick(t *testing.T) {
	e := newEngine(t, nil)
	in := rose(t)
	for _, line := range []string{
		"-liquid-rescale 50x46!", "-segment 1x1.5", "-mean-shift 5x5+10%", "-hough-lines 5x5+20", "-ordered-dither h8x8a",
		"-distort Shepards 10,10,20,20,50,30,40,35", "( +clone -negate ) -compose difference -composite", "-fill gold -pointsize 12 -annotate +5+20 Rose",
		"-font Nimbus-Sans -pointsize 14 -gravity south -background navy -fill white label:Blue -append", "-write mpr:a +delete mpr:a mpr:a +append",
		"-fx u*0.5+0.1 -tile pattern:bricks -draw rectangle_5,5_30,30", "-bordercolor red -polaroid 5",
	} {
		t.Run(line, func(t *testing.T) {
			args := strings.Fields(line)
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "_", " ")
			}
			args = append(append([]string{"rose.png"}, args...), "out.png")
			result, err := e.Run(t.Context(), job(t, map[string][]byte{"rose.png": in}, args...))
			if err != nil {
				t.Fatalf("%v: %v", err, errors.Unwrap(err))
			}
			folder := t.TempDir()
			picture := filepath.Join(folder, "rose.png")
			if err := os.WriteFile(picture, in, 0o600); err != nil {
				t.Fatal(err)
			}
			args[0], args[len(args)-1] = picture, "png:-"
			same(t, result.Files[0].Data, refer(t, args...))
		})
	}
}

// same fails unless two PNGs hold the same pixels.
func same(t *testing.T, got, want []byte) {
	t.Helper()
	decode := func(data []byte) image.Image {
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return picture
	}
	a, b := decode(got), decode(want)
	if a.Bounds() != b.Bounds() {
		t.Fatalf("%v, not %v", a.Bounds(), b.Bounds())
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				t.Fatalf("at %d,%d: %v, not %v", x, y, a.At(x, y), b.At(x, y))
			}
		}
	}
}

func TestResults(t *testing.T) {
	e := newEngine(t, nil)
	files := map[string][]byte{"rose.png": rose(t), "two.dat": refer(t, "logo:", "-resize", "64x48", "tga:-")}
	for _, c := range []struct {
		args  []string
		names string
		text  string
	}{
		{[]string{"rose.png", "out.webp"}, "out.webp", ""},
		{[]string{"rose.png", "-crop", "35x46", "+repage", "tile.jpg"}, "tile-0.jpg tile-1.jpg", ""},
		{[]string{"rose.png", "-crop", "35x46", "+repage", "tile-%03d.gif"}, "tile-000.gif tile-001.gif", ""},
		{[]string{"rose.png", "rose:", "out.gif"}, "out.gif", ""},
		{[]string{"rose.png", "out"}, "out", ""},
		{[]string{"tga:two.dat", "rose.png", "-format", "%wx%h %m %f\n", "info:"}, "", "64x48 TGA two.dat\n70x46 PNG rose.png\n"},
		{[]string{"rose.png", "-print", "%w\n", "null:"}, "", "70\n"},
		{[]string{"rose.png", "histogram:gif:out"}, "gif:out", ""},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			result, err := e.Run(t.Context(), job(t, files, c.args...))
			if err != nil {
				t.Fatalf("%v: %v", err, errors.Unwrap(err))
			}
			var names []string
			for _, f := range result.Files {
				names = append(names, f.Name)
				if _, _, known := render.FormatOf(f.Data); !known {
					t.Errorf("%s is no picture", f.Name)
				}
			}
			if strings.Join(names, " ") != c.names || string(result.Text) != c.text {
				t.Errorf("got %v and %q", names, result.Text)
			}
		})
	}
}

func TestIdentify(t *testing.T) {
	e := newEngine(t, nil)
	program, err := magick.ParseIdentify([]string{"-format", "%wx%h %m", "-segment", "1x1", "rose.png"})
	if err != nil {
		t.Fatal(err)
	}
	j := job(t, map[string][]byte{"rose.png": rose(t)}, "rose.png", "x.png")
	j.Program, j.Identify = program, true
	result, err := e.Run(t.Context(), j)
	if err != nil || strings.TrimSpace(string(result.Text)) != "70x46 PNG" {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestFailures(t *testing.T) {
	files := map[string][]byte{"rose.png": rose(t), "broken.png": rose(t)[:300], "noise": []byte("nothing that is a picture"),
		"x.svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`)}
	for _, c := range []struct {
		change func(*Config)
		args   []string
		kind   event.Kind
	}{
		{nil, []string{"rose.png", "-resize", "20000x20000!", "out.png"}, event.LimitExceeded},
		{nil, []string{"rose.png", "-duplicate", "300", "out.gif"}, event.LimitExceeded},
		{func(c *Config) { c.Limits.Total, c.Limits.Pixels = 1e6, 1e6 }, []string{"rose.png", "-resize", "4000x4000!", "out.png"}, event.LimitExceeded},
		{func(c *Config) { c.Memory = 256 << 20 }, []string{"-size", "6000x6000", "xc:red", "-blur", "0x3", "out.png"}, event.LimitExceeded},
		{func(c *Config) { c.Output = 10_000 }, []string{"-size", "500x500", "plasma:", "out.ppm"}, event.LimitExceeded},
		{func(c *Config) { c.Limits.Input = 100 }, []string{"rose.png", "out.png"}, event.PayloadTooLarge},
		{nil, []string{"broken.png", "out.jpg"}, event.InvalidImage},
		{nil, []string{"noise", "out.jpg"}, event.UnsupportedMedia},
		{nil, []string{"x.svg", "out.jpg"}, event.UnsupportedMedia},
		{nil, []string{"missing.png", "out.jpg"}, event.NotFound},
		{nil, []string{"rose.png", "-delete", "0", "out.png"}, event.UnsupportedArgument},
		{nil, []string{"rose.png", "-draw", "image over 0,0 9,9 'rose.png'", "out.png"}, event.UnsupportedArgument},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			_, err := newEngine(t, c.change).Run(t.Context(), job(t, files, c.args...))
			if err == nil || event.From(err).Kind != c.kind {
				t.Fatalf("got %v (%v), not %s", err, errors.Unwrap(err), c.kind)
			}
			for _, secret := range []string{"/", "bluerose-", "convert-im6"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q gives %q away", err, secret)
				}
			}
		})
	}
}

// TestSandbox gives ImageMagick what package magick would never let through.
func TestSandbox(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	outside := filepath.Join(t.TempDir(), "outside.txt")
	if err := os.WriteFile(outside, []byte("a secret of the server"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(strings.TrimSuffix(outside, ".txt")+".png", rose(t), 0o644); err != nil {
		t.Fatal(err)
	}
	picture := strings.TrimSuffix(outside, ".txt") + ".png"
	written := filepath.Join(t.TempDir(), "written.png")
	every := []string{"png", "txt", "text", "label", "caption", "pango", "mvg", "msl", "svg", "vid", "url", "http", "https", "inline", "ephemeral",
		"info", "ps", "pdf", "rgb", "jpg", "show", "x", "fd", "mpc", "tile", "null"}
	for _, args := range [][]string{
		{"label:@" + outside, "png:picture"},
		{"caption:@" + outside, "png:picture"},
		{"pango:@" + outside, "png:picture"},
		{"text:" + outside, "png:picture"},
		{"txt:" + outside, "png:picture"},
		{"mvg:" + outside, "png:picture"},
		{"msl:" + outside, "png:picture"},
		{"vid:" + picture, "png:picture"},
		{"png:" + picture, "png:picture"},
		{picture + "[0]", "png:picture"},
		{"-size", "4x4", "-depth", "8", "rgb:" + outside, "png:picture"},
		{"-size", "40x40", "tile:" + picture, "png:picture"},
		{"ephemeral:" + picture, "png:picture"},
		{"xc:red", "-profile", outside, "png:picture"},
		{"xc:red", "-draw", "image over 0,0 0,0 '" + picture + "'", "png:picture"},
		{"xc:red", "-draw", "@" + outside, "png:picture"},
		{"xc:red", "-set", "comment", "@" + outside, "png:picture"},
		{"xc:red", "-mask", picture, "png:picture"},
		{"xc:red", "png:" + written},
		{"xc:red", "-write", "png:" + written, "png:picture"},
		{"xc:red", "-write", "png:../policy.xml", "png:picture"},
		{"http://" + listener.Addr().String() + "/a.png", "png:picture"},
		{"url:http://" + listener.Addr().String() + "/a.png", "png:picture"},
		{"xc:red", "show:"},
		{"xc:red", "pdf:picture", "ps:x.ps", "png:picture"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			e := newEngine(t, nil)
			folder := t.TempDir()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			// Even where our policy allows every coder, the kernel holds.
			for _, coders := range [][]string{nil, every} {
				c := &command{args: args, coders: coders}
				run := filepath.Join(folder, fmt.Sprint(len(coders)))
				if err := os.Mkdir(run, 0o700); err != nil {
					t.Fatal(err)
				}
				if err := e.prepare(ctx, run, c); err != nil {
					t.Fatal(err)
				}
				text, err := e.execute(ctx, run, c)
				if ctx.Err() != nil {
					t.Fatal("it went on")
				}
				out, _ := os.ReadFile(filepath.Join(workFolder(run), outputName))
				if err == nil && !leaves(out, text) {
					t.Errorf("with coders %v it gave a result of %d bytes", coders, len(out))
				}
			}
			if _, err := os.Stat(written); err == nil {
				t.Error("it wrote outside")
			}
		})
	}
	if conn := accepted(listener); conn {
		t.Error("it connected")
	}
}

// leaves reports whether what a command made despite its failing part holds nothing of the files outside.
func leaves(picture, text []byte) bool {
	shown := bytes.Contains(picture, []byte("secret")) || bytes.Contains(text, []byte("secret"))
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return !shown
	}
	return !shown && decoded.Bounds().Dx() == 1 // xc:red as it began: nothing was drawn that has a size
}

func accepted(listener net.Listener) bool {
	_ = listener.(*net.TCPListener).SetDeadline(time.Now())
	conn, err := listener.Accept()
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

func TestKilledAtTheDeadline(t *testing.T) {
	e := newEngine(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := e.Run(ctx, job(t, nil, "-size", "3000x3000", "plasma:", "-mean-shift", "99x99+50%", "out.png"))
		ended <- err
	}()
	for processes(e) == 0 {
		select {
		case err := <-ended:
			t.Fatalf("it ended before it was asked to: %v", err)
		default:
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := processes(e); n != 0 {
		t.Errorf("%d processes are left", n)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := e.Run(short, job(t, nil, "-size", "3000x3000", "plasma:", "-mean-shift", "99x99+50%", "out.png")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// processes counts those that work in a folder of the engine.
func processes(e *Engine) int {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	n := 0
	for _, link := range links {
		if folder, err := os.Readlink(link); err == nil && strings.HasPrefix(folder, e.cfg.Scratch) {
			n++
		}
	}
	return n
}

func TestFind(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder, scripts := t.TempDir(), t.TempDir()
	for _, name := range []string{"convert", "magick"} {
		if err := os.Symlink(self, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(scripts, "convert"), []byte("#!/bin/sh\nexec /usr/bin/convert \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(t.Context(), "", []string{scripts}); !errors.Is(err, ErrNone) {
		t.Errorf("a script: got %v", err)
	}
	if m, err := Find(t.Context(), "", []string{".", folder}); err != nil || m.Version != "7.1.1-15" || m.Path != filepath.Join(folder, "magick") {
		t.Errorf("got %v, %v", m, err)
	}
	if _, err := Find(t.Context(), filepath.Join(folder, "convert"), nil); !errors.Is(err, ErrNone) {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(filepath.Join(folder, "magick")); err != nil {
		t.Fatal(err)
	}
	if m, err := Find(t.Context(), "", []string{folder, filepath.Dir(reference)}); err != nil || m.Path != reference || !strings.HasPrefix(m.Version, "6.9") {
		t.Errorf("got %v, %v", m, err)
	}
	if _, err := Find(t.Context(), "", []string{folder}); !errors.Is(err, ErrNone) {
		t.Errorf("got %v", err)
	}
}

func TestOwnFolder(t *testing.T) {
	root := t.TempDir()
	gone := exec.Command("/bin/true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(root, fmt.Sprint(gone.Process.Pid))
	alive := filepath.Join(root, fmt.Sprint(os.Getppid()))
	for _, folder := range []string{stale, alive} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	own, err := OwnFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]bool{stale: false, alive: true, own: true} {
		if _, err := os.Stat(folder); (err == nil) != want {
			t.Errorf("%s: %v", folder, err)
		}
	}
}
