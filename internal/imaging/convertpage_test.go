package imaging_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/render"
)

// convertPage is the page that says what of the convert language is there.
const convertPage = "../../docs/convert.md"

var update = flag.Bool("update", false, "write docs/convert.md anew from the tables; see make docs")

// TestConvertPage holds docs/convert.md to the tables that it is printed from.
func TestConvertPage(t *testing.T) {
	p := page{t: t}
	p.print()
	if *update {
		if err := os.WriteFile(convertPage, p.text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	there, err := os.ReadFile(convertPage)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(there, p.text.Bytes()) {
		t.Error("docs/convert.md is not what the tables say; `make docs` writes it anew")
	}
}

// syntax says what the arguments of each kind look like.
var syntax = map[magick.ArgumentKind]string{
	magick.TextArgument:       "text",
	magick.GeometryArgument:   "geometry `512x512^`",
	magick.AnnotationArgument: "geometry `45x45+10+20`, degrees and an offset",
	magick.SamplingArgument:   "factors `2x2` or `4:2:0`",
	magick.PageArgument:       "geometry, or a paper size `A4`",
	magick.ColorArgument:      "colour `navy`, `#00f8`, `rgba(0,0,255,0.5)`",
	magick.PaintArgument:      "colour, or `pattern:` or `mpr:`",
	magick.NumberArgument:     "number",
	magick.NumbersArgument:    "numbers `0x3`, `10%,20%`",
	magick.FormulaArgument:    "numbers `0,0 20,10`, or escapes that give them",
	magick.TemplateArgument:   "text with escapes `%wx%h`",
	magick.ChannelArgument:    "channels `RGBA`, `red,alpha`",
	magick.RangeArgument:      "frames `0`, `0-3`, `-1`",
	magick.DuplicateArgument:  "count and frames `2,0-1`",
	magick.DefineArgument:     "`key=value`",
	magick.KeyArgument:        "key",
	magick.SourceArgument:     "name of a picture that the request carries, or a built-in one",
	magick.RegisterArgument:   "register `mpr:name`",
	magick.KernelArgument:     "kernel `disk:3` or `3: 0,1,0 1,1,1 0,1,0`",
	magick.MethodArgument:     "name of the list morphology, and a count `close:2`",
	magick.OrderedArgument:    "threshold map and levels `o8x8,4`",
	magick.ColorRangeArgument: "two colours `navy,gold`",
	magick.SparseArgument:     "points and colours `0,0 red 9,9 blue`",
	magick.DrawingArgument:    "drawing `circle 20,20 25,20`",
}

// page is docs/convert.md as it is printed.
type page struct {
	t     *testing.T
	text  bytes.Buffer
	lists []string // of names, that arguments choose from
}

func (p *page) printf(format string, args ...any) { fmt.Fprintf(&p.text, format, args...) }

func (p *page) print() {
	p.printf("%s", `# The convert language

Printed from the tables of the source by `+"`make docs`"+`; do not edit.

The language is that of ImageMagick 6.9's convert. What is **native** runs on libvips, in the function itself. Anything else
that is listed here is understood, checked and handed to a real ImageMagick, in a sandbox, where the service has one; where it
has none, it is refused by name and position. What is refused, no engine runs.

`)
	var ignored, refused []magick.Option
	kinds := map[magick.Class][]magick.Option{}
	for _, o := range magick.Options() {
		switch {
		case o.Refused != "":
			refused = append(refused, o)
		case o.Ignored:
			ignored = append(ignored, o)
		default:
			kinds[o.Class] = append(kinds[o.Class], o)
		}
	}
	p.options("Operators", "They change every picture of the list, one by one.", kinds[magick.Operator], true)
	p.options("List operators", "They change the list of pictures as a whole.", kinds[magick.ListOperator], true)
	p.options("Settings", "They change what later words mean; with a plus they take back what was said.", kinds[magick.Setting], false)
	p.coders()
	p.printf("## Refused options\n\nThe same for every engine, and for every caller.\n\n| option | why |\n| --- | --- |\n")
	for _, o := range refused {
		p.printf("| `-%s` | %s |\n", o.Name, o.Refused)
	}
	p.printf("\n## Options without effect\n\nThey are taken, and change nothing: ")
	p.names(ignored)
	p.printf("## Lists of names\n\nCase, hyphens and underscores do not count.\n\n")
	for _, list := range p.lists {
		p.printf("- **%s**: %s\n", list, strings.Join(magick.Names(list), ", "))
	}
}

func (p *page) names(options []magick.Option) {
	for i, o := range options {
		if i > 0 {
			p.printf(", ")
		}
		p.printf("`-%s`", o.Name)
	}
	p.printf(".\n\n")
}

// options prints a table of options; runs says whether they are run, by one engine or the other.
func (p *page) options(title, what string, options []magick.Option, runs bool) {
	p.printf("## %s\n\n%s\n\n", title, what)
	if runs {
		count := 0
		for _, o := range options {
			if native(magick.Step{Class: o.Class, Name: o.Name}) {
				count++
			}
		}
		p.printf("%d of %d are native.\n\n| option | takes | engine |\n| --- | --- | --- |\n", count, len(options))
	} else {
		p.printf("| option | takes |\n| --- | --- |\n")
	}
	for _, o := range options {
		p.printf("| `-%s`%s | %s |", o.Name, plus(o), p.takes(o))
		if runs {
			p.printf(" %s |", engine(native(magick.Step{Class: o.Class, Name: o.Name})))
		}
		p.printf("\n")
	}
	p.printf("\n")
}

// native reports whether the function itself runs a step.
func native(step magick.Step) bool {
	return render.Check(&magick.Program{Steps: []magick.Step{step}}) == nil
}

func engine(native bool) string {
	if native {
		return "native"
	}
	return "ImageMagick"
}

func plus(o magick.Option) string {
	if o.Signs == magick.BothSigns {
		return " `+" + o.Name + "`"
	}
	return ""
}

// takes says what an option takes, and what it takes with a plus where that is something.
func (p *page) takes(o magick.Option) string {
	minus := p.arguments(o.Minus)
	if o.Signs != magick.BothSigns || len(o.Plus) == 0 || slices.Equal(o.Plus, o.Minus) {
		return minus
	}
	return minus + "; with +: " + p.arguments(o.Plus)
}

func (p *page) arguments(arguments []magick.Argument) string {
	var out []string
	for _, a := range arguments {
		if a.Kind == magick.EnumArgument {
			if !slices.Contains(p.lists, a.List) {
				p.lists = append(p.lists, a.List)
				slices.Sort(p.lists)
			}
			out = append(out, "name of the list "+a.List)
			continue
		}
		text, ok := syntax[a.Kind]
		if !ok {
			p.t.Errorf("there is no text for arguments of kind %d", a.Kind)
		}
		out = append(out, text)
	}
	return strings.Join(out, ", and ")
}

// coders prints the pictures that names make, and the formats that are read and written.
func (p *page) coders() {
	reads := func(name string) bool {
		return native(magick.Step{Class: magick.Read, Value: magick.Source{Coder: name}})
	}
	var made, formats, others []string
	why := map[string][]string{}
	var reasons []string
	because := func(name, reason string) {
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
		why[reason] = append(why[reason], name)
	}
	for _, c := range magick.Coders() {
		_, writes := render.Writable(c.Name)
		spelled := "`" + c.Name + ":`"
		switch {
		case c.Read != "" && c.Write != "":
			because(spelled, c.Read)
		case c.Read != "":
			because(spelled+" (to read)", c.Read)
		case c.Generated:
			made = append(made, fmt.Sprintf("| %s | %s |\n", spelled, engine(reads(c.Name))))
		case reads(c.Name) || writes:
			formats = append(formats, fmt.Sprintf("| %s | %s | %s |\n", spelled, engine(reads(c.Name)), engine(writes)))
		default:
			others = append(others, spelled)
		}
	}
	p.printf("## Pictures from nothing\n\n| name | engine |\n| --- | --- |\n%s\n", strings.Join(made, ""))
	p.printf("## Formats\n\n| name | read by | written by |\n| --- | --- | --- |\n%s\n", strings.Join(formats, ""))
	p.printf("Only ImageMagick reads or writes these, as far as it was built for them: %s.\n\n", strings.Join(others, ", "))
	p.printf("Refused, by every engine:\n\n| names | why |\n| --- | --- |\n")
	for _, reason := range reasons {
		p.printf("| %s | %s |\n", strings.Join(why[reason], ", "), reason)
	}
	p.printf("\n")
}
