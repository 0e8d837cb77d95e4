package imaging

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/render"
)

// guard is an engine that reports what reaches it and must not: names of files and hosts.
type guard struct {
	t    *testing.T
	jobs int
}

func (g *guard) Run(_ context.Context, job render.Job) (*render.Result, error) {
	g.jobs++
	for _, step := range job.Program.Steps {
		for _, value := range []magick.Value{step.Value, step.Second} {
			if text := magick.Format(value); reaches(value, text) {
				g.t.Errorf("%q reached the engine in %v", text, job.Program.Args())
			}
		}
	}
	if to := job.Program.Output; to.Name != standardInput && to != (magick.Target{}) {
		g.t.Errorf("the target %q reached the engine", to.String())
	}
	return nil, errors.New("ran")
}

// reaches reports whether ImageMagick would read a file or the server's settings for a value. The pictures of a drawing
// are no names of files: engines ask Job.Open for them.
func reaches(value magick.Value, text string) bool {
	switch value := value.(type) {
	case magick.Source:
		return value.Name != standardInput && (!value.Generated() || strings.HasPrefix(value.Name, "@"))
	case magick.Define:
		return strings.HasPrefix(value.Value, "@") || strings.HasPrefix(text, "registry:") || strings.HasPrefix(text, "delegate:")
	case magick.Template:
		for _, segment := range value {
			if p := strings.ToLower(segment.Property); strings.HasPrefix(p, "env:") || strings.HasPrefix(p, "registry:") {
				return true
			}
		}
	case magick.Drawing:
		return strings.Contains(" "+text, " @/") || strings.Contains(text, "url(/") // where a word of a drawing begins
	case magick.Geometry, magick.Number, magick.Numbers:
		return false // an at sign is an area
	}
	return strings.HasPrefix(strings.TrimSpace(text), "@")
}

// over sends arguments over the API, in each of its forms, and gives the errors.
func over(t *testing.T, s *Service, args []string) []error {
	t.Helper()
	var quoted []string
	for _, a := range args {
		quoted = append(quoted, "'"+a+"'")
	}
	picture := []byte("picture")
	_, first := s.proxy(t.Context(), &event.ProxyRequest{Body: picture,
		QueryStringParameters: map[string]string{"args": strings.Join(quoted, " "), "output": "png"}})
	_, second := run(t, s, &event.Request{Operation: event.Convert, Base64Image: picture, OutputExtension: "png", CustomArgs: args})
	_, third := run(t, s, &event.Request{Operation: event.Identify, Base64Image: picture, CustomArgs: args})
	_, fourth := run(t, s, &event.Request{Operation: event.Resize, Base64Image: picture, CustomArgs: args})
	return []error{first, second, third, fourth}
}

// TestEveryCoderIsRefused walks the formats of `convert -list format` (ImageMagick 6.9.11, testdata/formats.txt), and names
// a file of the server in each, to read and to write. A coder that makes a picture of a text gets no text of a file.
func TestEveryCoderIsRefused(t *testing.T) {
	text, err := os.ReadFile("testdata/formats.txt")
	if err != nil {
		t.Fatal(err)
	}
	coders := append(strings.Fields(string(text)), "msl", "mvg", "text", "url", "http", "https", "ftp", "inline", "ephemeral", "vid", "win",
		"x", "show", "clipboard", "mpri", "mpc", "file", "fd", "data", "delegate", "nonsense")
	if len(coders) < 250 {
		t.Fatalf("only %d coders", len(coders))
	}
	for _, coder := range coders {
		for _, spelling := range []string{coder, strings.ToUpper(coder)} {
			words := [][]string{
				{spelling + ":@/etc/passwd"}, {spelling + ": @/etc/passwd"}, {spelling + ":\t@/etc/passwd"}, {"tile:" + spelling + ": @/etc/passwd"}, {spelling + ":|cat"}, {"-write", spelling + ":/tmp/out"}, {"-tile", spelling + ":@/etc/passwd"},
				{"-label", "@/etc/passwd", spelling + ":-"},
			}
			if source, err := magick.ParseSource(spelling + ":x"); err != nil || !source.Generated() {
				words = append(words, []string{spelling + ":/etc/passwd"}, []string{spelling + "://host/a.png"}, []string{"-mask", spelling + ":/etc/passwd"},
					[]string{"-fill", spelling + ":/etc/passwd"}, []string{"-profile", spelling + ":/etc/passwd"})
			}
			for _, args := range words {
				g := &guard{t: t}
				for form, err := range over(t, newService(t, g), args) {
					isRegister := args[0] == "-write" && coder == "mpr" // memory of this one program
					if (err == nil || event.From(err).Kind != event.UnsupportedArgument) && !isRegister {
						t.Errorf("%v, form %d: got %v", args, form, err)
					}
				}
			}
			g := &guard{t: t}
			if _, err := run(t, newService(t, g), &event.Request{Operation: event.Convert, Base64Image: []byte("p"), CustomArgs: []string{spelling + ":/tmp/out"}}); err == nil || g.jobs > 0 {
				t.Errorf("writing %s: got %v", spelling, err)
			}
		}
	}
}

// TestEveryOptionIsRefused gives each option the names of files and hosts, in each way that ImageMagick would follow, and
// sees that none reaches an engine. What does reach it is a text that stays one.
func TestEveryOptionIsRefused(t *testing.T) {
	names := []string{"@/etc/passwd", " @/etc/passwd", "/etc/passwd", "|cat", "url:http://host/a.png", "https://host/a.png", "msl:/tmp/a.msl",
		"text:/etc/passwd", "label:@/etc/passwd", "png:../a.png", `image over 0,0 0,0 "msl:a"`, "text 0,0 @/etc/passwd",
		"fill url(/etc/passwd) point 1,1", "%[registry:a]", "%[env:HOME]", "registry:a=b", "delegate:a=b"}
	first := map[magick.ArgumentKind]string{magick.AnnotationArgument: "0", magick.GeometryArgument: "1x1", magick.KeyArgument: "comment",
		magick.TextArgument: "memory", magick.MethodArgument: "Erode"}
	firstOf := map[string]string{"distort": "SRT", "evaluate": "Add", "function": "Sinusoid", "statistic": "Mean", "sparse-color": "Voronoi"}
	tried, ran := 0, 0
	for _, option := range magick.Options() {
		for sign, arguments := range map[string][]magick.Argument{"-": option.Minus, "+": option.Plus} {
			words := []string{sign + option.Name}
			switch len(arguments) {
			case 0:
				continue
			case 2:
				words = append(words, cmp.Or(firstOf[option.Name], first[arguments[0].Kind]))
			}
			for _, name := range names {
				g := &guard{t: t}
				for _, err := range over(t, newService(t, g), slices.Concat(words, []string{name})) {
					if err == nil {
						t.Errorf("%s %q: no error", words, name)
					}
					tried++
				}
				ran += g.jobs
			}
		}
	}
	if tried < 5000 || ran == 0 {
		t.Errorf("only %d were tried, and %d ran", tried, ran)
	}
}
