package imaging_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/imaging"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/render"
)

var (
	commandsFile = flag.String("commands", "", "measure the command lines of this `file` in place of testdata/operators.tsv; see make parity")
	commandsOnly = flag.String("only", "", "of -commands, only those whose id matches this `pattern`")
)

// commandLimit is how long one command line may take.
const commandLimit = 30 * time.Second

// command is a line of a command file, tab separated: id, category, input, arguments, output. The arguments are what stands
// between input and output of convert, quoted as in a shell; {in} and {in2} place the inputs by hand. An output of the form
// PNG8:png names the format too, and one that ends in a colon or hyphen (info:, txt:-) prints text.
type command struct{ id, category, input, args, output string }

// verdict says how a command line fared.
type verdict string

// The verdicts.
const (
	exact   verdict = "exact"   // RMSE of at most 0.2 %, or the same text
	match   verdict = "match"   // RMSE of at most 2 %; for what is random, mean and standard deviation within 5 %
	near    verdict = "close"   // RMSE of at most 5 %, which passes for text and drawing only
	off     verdict = "off"     // further away
	shape   verdict = "shape"   // another size, or number of frames or files
	refused verdict = "refused" // the arguments were refused
	failed  verdict = "error"   // it failed in any other way
	skipped verdict = "skipped" // the reference itself fails, or identify is what is asked for: not counted
)

// lenient are the categories whose pictures fonts and antialiasing make a little different.
var lenient = regexp.MustCompile("text|draw|label|caption|annotate")

func (v verdict) passes(category string) bool {
	return v == exact || v == match || v == near && lenient.MatchString(category)
}

// measureCommands runs every line of a command file through the reference and through the service's own engine, and prints
// a verdict for each that falls short, and how many there are of each. It fails where a line fails other than by refusal.
func measureCommands(t *testing.T, path string) {
	service, inputs := nativeService(t), commandInputs(t)
	only, err := regexp.Compile(*commandsOnly)
	if err != nil {
		t.Fatal(err)
	}
	counts, passed, all := map[verdict]int{}, 0, 0
	for _, c := range readCommands(t, path) {
		if !only.MatchString(c.id) || strings.HasPrefix(c.category, "identify") || strings.HasPrefix(c.category, "blocked") {
			continue
		}
		v, why := c.judge(t, service, inputs)
		counts[v]++
		if v == skipped {
			continue
		}
		all++
		switch {
		case v == failed:
			t.Errorf("%-8s %-6s %-18s %s   [%s]", v, c.id, c.category, c.args, why)
		case v.passes(c.category):
			passed++
		default:
			t.Logf("%-8s %-6s %-18s %s   [%s]", v, c.id, c.category, c.args, why)
		}
	}
	if all == 0 {
		t.Fatal("no command line was measured")
	}
	var summary []string
	for _, v := range []verdict{exact, match, near, off, shape, refused, failed, skipped} {
		summary = append(summary, fmt.Sprintf("%s %d", v, counts[v]))
	}
	share := func(n int) float64 { return 100 * float64(n) / float64(all) }
	t.Logf("%s\nparity: %d of %d passed (%.1f %%), %.1f %% accepted",
		strings.Join(summary, ", "), passed, all, share(passed), share(all-counts[refused]))
}

// nativeService gives the service with the engine of its own alone.
func nativeService(t *testing.T) *imaging.Service {
	t.Helper()
	engine, err := render.New(render.Config{Library: library(t)})
	if err != nil {
		t.Fatal(err)
	}
	service, err := imaging.New(imaging.Config{Engine: engine, Timeout: commandLimit})
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// TestLanguage holds every line of testdata/language.tsv to passing: the words of the language in the company that people
// put them in, on small pictures.
func TestLanguage(t *testing.T) {
	service, inputs := nativeService(t), commandInputs(t)
	for _, c := range readCommands(t, "testdata/language.tsv") {
		t.Run(c.id, func(t *testing.T) {
			if v, why := c.judge(t, service, inputs); !v.passes(c.category) {
				t.Errorf("%s: %s %s %s [%s]", v, c.input, c.args, c.output, why)
			}
		})
	}
}

func readCommands(t *testing.T, path string) []command {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var list []command
	scan := bufio.NewScanner(file)
	for scan.Scan() {
		cells := strings.Split(scan.Text(), "\t")
		if len(cells) >= 5 && !strings.HasPrefix(cells[0], "#") && cells[0] != "id" {
			list = append(list, command{cells[0], cells[1], cells[2], cells[3], cells[4]})
		}
	}
	if err := scan.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// commandInputs makes the pictures that command files start from, with the reference, and gives their paths by name;
// "two" is what {in2} names.
func commandInputs(t *testing.T) map[string]string {
	t.Helper()
	folder := t.TempDir()
	paths := map[string]string{"none": ""}
	for _, in := range []struct{ name, file, args string }{
		{"photo", "photo.jpg", "testdata/photo.jpg -resize 1200x800! -quality 92"},
		{"rose", "rose.png", "rose:"},
		{"logo", "logo.png", "logo:"},
		{"png-alpha", "alpha.png", "-size 320x240 gradient:gold-navy ( -size 320x240 radial-gradient:white-black ) -alpha off -compose CopyOpacity -composite"},
		{"two", "two.png", "-seed 7 -size 160x120 plasma:tomato-steelblue"},
		{"gif-anim", "anim.gif", "-delay 12 -loop 0 -size 96x64 xc:white ( +clone -fill red -draw 'circle 20,32 20,18' ) " +
			"( -clone 0 -fill blue -draw 'circle 48,32 48,18' ) ( -clone 0 -fill green -draw 'circle 76,32 76,18' )"},
	} {
		args, err := magick.SplitWords(in.args)
		if err != nil {
			t.Fatal(err)
		}
		paths[in.name] = filepath.Join(folder, in.file)
		refer(t, append(args, paths[in.name]))
	}
	paths["two-images"] = paths["photo"]
	return paths
}

// words gives the command line without its output.
func (c command) words(t *testing.T, inputs map[string]string) []string {
	t.Helper()
	first, ok := inputs[c.input]
	if !ok {
		t.Fatalf("%s: there is no input %q", c.id, c.input)
	}
	words, err := magick.SplitWords(c.args)
	if err != nil {
		t.Fatalf("%s: %v", c.id, err)
	}
	if strings.Contains(c.args, "{in}") || strings.Contains(c.args, "{in2}") {
		for i := range words {
			words[i] = strings.NewReplacer("{in2}", inputs["two"], "{in}", first).Replace(words[i])
		}
		return words
	}
	var lead []string
	if first != "" {
		lead = []string{first}
	}
	if c.input == "two-images" {
		lead = append(lead, inputs["two"])
	}
	return append(lead, words...)
}

// folder is a place for results; what a program prints goes to text.
type folder struct {
	path string
	text strings.Builder
}

func (f *folder) Open(name string) ([]byte, error) { return os.ReadFile(name) }

func (f *folder) Write(name string, data []byte) error {
	if name == "-" {
		return f.Print(data)
	}
	return os.WriteFile(name, data, 0o600)
}

func (f *folder) Print(text []byte) error {
	f.text.Write(text)
	return nil
}

// judge runs the command line both ways and compares.
func (c command) judge(t *testing.T, service *imaging.Service, inputs map[string]string) (verdict, string) {
	words := c.words(t, inputs)
	prefix, ext := "", cmp.Or(c.output, "png")
	if i := strings.LastIndexByte(c.output, ':'); i >= 0 {
		prefix, ext = c.output[:i+1], c.output[i+1:]
	}
	text := prefix != "" && (ext == "" || ext == "-")
	if coder := strings.TrimSuffix(prefix, ":"); text {
		if _, isPicture := render.Writable(coder); isPicture {
			ext, text = coder, false
		}
	}
	want, got := &folder{path: t.TempDir()}, &folder{path: t.TempDir()}
	target := func(f *folder) string {
		if text {
			return prefix + ext
		}
		return prefix + filepath.Join(f.path, "out."+ext)
	}
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	defer cancel()
	printed, err := exec.CommandContext(ctx, reference, append(slices.Clone(words), target(want))...).Output()
	if err != nil {
		return skipped, "the reference fails: " + err.Error()
	}
	switch e := event.From(service.ConvertFiles(t.Context(), append(slices.Clone(words), target(got)), got)); {
	case e != nil && e.Kind == event.UnsupportedArgument:
		return refused, e.Message
	case e != nil:
		return failed, fmt.Sprint(e.Message, " ", errors.Unwrap(e))
	}
	if text {
		if slices.Equal(strings.Fields(string(printed)), strings.Fields(got.text.String())) {
			return exact, ""
		}
		return off, fmt.Sprintf("%.60q, not %.60q", got.text.String(), printed)
	}
	return compareFolders(t, want.path, got.path, strings.Contains(c.category, "random"))
}

// compareFolders compares what both wrote, file by file.
func compareFolders(t *testing.T, want, got string, random bool) (verdict, string) {
	wanted, _ := filepath.Glob(filepath.Join(want, "*"))
	given, _ := filepath.Glob(filepath.Join(got, "*"))
	if len(wanted) == 0 {
		return skipped, "the reference writes nothing"
	}
	if !slices.EqualFunc(wanted, given, func(a, b string) bool { return filepath.Base(a) == filepath.Base(b) }) {
		return shape, fmt.Sprintf("%d files, not %d, or of other names", len(given), len(wanted))
	}
	worst := 0.0
	for i := range wanted {
		if _, err := exec.Command(reference, wanted[i], "null:").Output(); err != nil {
			return skipped, "the reference does not read what it writes"
		}
		if _, err := exec.Command(reference, given[i], "null:").Output(); err != nil {
			return failed, "its output cannot be read"
		}
		if w, g := sizes(t, wanted[i]), sizes(t, given[i]); w != g {
			return shape, fmt.Sprintf("%.40s, not %.40s", g, w)
		}
		if random {
			worst = max(worst, spread(rgba(t, wanted[i]), rgba(t, given[i])))
			continue
		}
		worst = max(worst, distance(t, wanted[i], given[i]))
	}
	why := fmt.Sprintf("%.2f %%", 100*worst)
	switch {
	case random && worst <= 0.05:
		return match, why
	case random:
		return off, why
	case worst <= 0.002:
		return exact, why
	case worst <= 0.02:
		return match, why
	case worst <= 0.05:
		return near, why
	}
	return off, why
}

// spread gives how far the means and the standard deviations of two pictures' colours lie apart.
func spread(a, b []float64) float64 {
	statistics := func(p []float64) (mean, deviation float64) {
		n, sum, squares := 0.0, 0.0, 0.0
		for i, v := range p {
			if i%4 != 3 {
				n, sum, squares = n+1, sum+v, squares+v*v
			}
		}
		mean = sum / n
		return mean, math.Sqrt(max(squares/n-mean*mean, 0))
	}
	meanA, deviationA := statistics(a)
	meanB, deviationB := statistics(b)
	return max(math.Abs(meanA-meanB), math.Abs(deviationA-deviationB))
}
