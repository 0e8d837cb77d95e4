package fallback

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/render"
)

const (
	inputName  = "bluerose-in-" // and a number
	outputName = "picture"      // with a number behind where there are several files; XBM names its C variables by it
)

// command is a job in ImageMagick's words.
type command struct {
	args   []string // without the program's name
	coders []string // what the arguments name, in lower case
	inputs []input
	text   bool // the result is what the program prints
	output string

	deletes bool // the arguments may leave no picture
}

// input is a picture as it lies in the job's folder.
type input struct {
	name, file, coder string
	data              []byte
}

// build makes the command of a job. No word of it is the caller's own but texts, each in its typed place.
func build(job render.Job, limits render.Limits) (*command, error) {
	c := &command{}
	for _, step := range job.Program.Steps {
		c.deletes = c.deletes || step.Name == "delete"
		step, err := c.rename(job, limits, step)
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, step.Args()...)
	}
	return c, c.target(job)
}

// rename gives a step with files of ours in the places of the pictures that it names.
func (c *command) rename(job render.Job, limits render.Limits, step magick.Step) (magick.Step, error) {
	switch value := step.Value.(type) {
	case magick.Source:
		source, err := c.source(job, limits, value)
		step.Value = source
		return step, err
	case magick.Drawing:
		if len(value.Images) > 0 {
			return step, refuse(step, "a picture in a drawing does not go together with an argument that needs ImageMagick; use -composite")
		}
	}
	return step, nil
}

func (c *command) source(job render.Job, limits render.Limits, source magick.Source) (magick.Source, error) {
	if inner, ok := source.Tile(); ok {
		inner, err := c.source(job, limits, inner)
		source.Name = inner.String()
		c.coders = append(c.coders, source.Coder)
		return source, err
	}
	if source.Generated() {
		c.coders = append(c.coders, source.Coder)
		return source, nil
	}
	at := slices.IndexFunc(c.inputs, func(in input) bool { return in.name == source.Name && (source.Coder == "" || in.coder == source.Coder) })
	if at < 0 {
		data, err := job.Open(source.Name)
		if err != nil {
			return source, err
		}
		if int64(len(data)) > limits.Input {
			return source, event.Errorf(event.PayloadTooLarge, "The picture has %d bytes, and at most %d are allowed; send a smaller one",
				len(data), limits.Input)
		}
		coder, err := coderOf(source, data, job.InputHint)
		if err != nil {
			return source, err
		}
		at = len(c.inputs)
		c.inputs = append(c.inputs, input{name: source.Name, file: inputName + strconv.Itoa(at), coder: coder, data: data})
		c.coders = append(c.coders, coder)
	}
	source.Coder, source.Name = c.inputs[at].coder, c.inputs[at].file
	return source, nil
}

// coderOf settles the format that an input is read as: what its coder says, else its bytes, else the extension.
func coderOf(source magick.Source, data []byte, hint string) (string, error) {
	coder := source.Coder
	if coder == "" {
		coder, _, _ = render.FormatOf(data)
	}
	if coder == "" {
		coder = strings.ToLower(extension(source.Name, hint))
	}
	switch known, err := magick.ParseSource(coder + ":" + inputName); {
	case coder == "svg" || coder == "svgz" || coder == "rsvg":
		return "", event.Errorf(event.UnsupportedMedia, "An SVG cannot be read together with an argument that needs ImageMagick; convert it to PNG first")
	case coder == "" || err != nil || known.Coder != coder || known.Generated():
		return "", event.Errorf(event.UnsupportedMedia, "The bytes are of no picture format that is read here; send PNG, JPEG, WebP, GIF or TIFF")
	}
	return coder, nil
}

func extension(name, hint string) string {
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		return name[dot+1:]
	}
	return hint
}

// target adds the place of the result.
func (c *command) target(job render.Job) error {
	to := job.Program.Output
	switch {
	case job.Verbose:
		return event.Errorf(event.UnsupportedArgument, "These arguments need ImageMagick, which does not describe pictures as an object; leave them out")
	case job.Identify:
		to = magick.Target{Coder: "info"}
	case to.Coder == "" && len(c.inputs) > 0:
		to.Coder = c.inputs[0].coder
	case to.Coder == "":
		to.Coder = "png"
	}
	c.coders = append(c.coders, to.Coder)
	switch to.Coder {
	case "info", "json", "null":
		c.text = true
		c.args = append(c.args, to.Coder+":-")
		return nil
	case "identify":
		c.text = true
		c.args = append(c.args, "info:-")
		c.coders = append(c.coders, "info")
		return nil
	}
	c.output = to.Coder
	number := ""
	if render.Numbered(to.Name) {
		number = "-%d"
	}
	word := to.Coder + ":" + outputName + number
	if inner, _, ok := strings.Cut(to.Name, ":"); ok && (to.Coder == "histogram" || to.Coder == "preview") {
		// The picture of a histogram or preview is written in another format, which magick has checked.
		c.coders = append(c.coders, inner)
		c.output, word = inner, to.Coder+":"+inner+":"+outputName
	}
	c.args = append(c.args, word)
	return nil
}

// public gives text that ImageMagick printed with the names that the caller knows.
func (c *command) public(text []byte) []byte {
	var pairs []string
	for _, in := range slices.Backward(c.inputs) { // in-10 before in-1
		pairs = append(pairs, in.file, in.name)
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(text)))
}

// refuse says what is wrong with a step.
func refuse(step magick.Step, reason string) error {
	where := ""
	if step.Position > 0 {
		where = fmt.Sprintf("Argument %d, ", step.Position)
	}
	return event.Errorf(event.UnsupportedArgument, "%s-%s: %s", where, step.Name, reason)
}
