package imaging

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/render"
)

// standardInput is the name of the request's own picture in an argument list.
const standardInput = "-"

// firstFrame is the request's own picture without the frames that follow its first.
const firstFrame = "-[0]"

// operation is a row of the table of operations.
type operation struct {
	needsImage bool
	run        func(s *Service, ctx context.Context, r *event.Request) ([]byte, error)
}

var operations = map[event.Operation]operation{
	event.Ping:          {false, (*Service).ping},
	event.GetDimensions: {true, (*Service).getDimensions},
	event.Identify:      {true, (*Service).identify},
	event.Resize:        {true, (*Service).resize},
	event.Thumbnail:     {true, (*Service).resize},
	event.Convert:       {false, (*Service).convert},
	event.GetSample:     {false, (*Service).getSample},
}

func (s *Service) ping(context.Context, *event.Request) ([]byte, error) {
	return textAnswer([]byte("pong"))
}

// getDimensions answers "WxH", of the first frame where there are several.
func (s *Service) getDimensions(ctx context.Context, r *event.Request) ([]byte, error) {
	result, err := s.identifyArgs(ctx, r, []string{"-format", "%wx%h", firstFrame}, false)
	if err != nil {
		return nil, err
	}
	return textAnswer(result.Text)
}

// identify answers the text that `identify CUSTOMARGS -` prints; without customArgs, what `identify -verbose` says of the
// first frame, as an object.
func (s *Service) identify(ctx context.Context, r *event.Request) ([]byte, error) {
	if len(r.CustomArgs) == 0 {
		result, err := s.identifyArgs(ctx, r, []string{"-verbose", firstFrame}, true)
		if err != nil {
			return nil, err
		}
		return object(result.Properties)
	}
	result, err := s.identifyArgs(ctx, r, append(r.CustomArgs, standardInput), false)
	if err != nil {
		return nil, err
	}
	return textAnswer(result.Text)
}

func (s *Service) identifyArgs(ctx context.Context, r *event.Request, args []string, verbose bool) (*render.Result, error) {
	program, err := magick.ParseIdentify(args)
	if err != nil {
		return nil, err
	}
	return s.runRequest(ctx, r, render.Job{Program: program, Identify: true, Verbose: verbose})
}

// object gives properties as a JSON object, in their order.
func object(properties []render.Property) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range properties {
		name, err := json.Marshal(p.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(p.Value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// resize is resize and thumbnail: they differ in the operator alone, and are named as it is.
func (s *Service) resize(ctx context.Context, r *event.Request) ([]byte, error) {
	args, before := resizeArgs(r)
	return s.picture(ctx, r, before, args)
}

// resizeArgs gives the argument list of a resize or thumbnail request whose defaults are set, and the number of words in
// it before its customArgs.
func resizeArgs(r *event.Request) (args []string, before int) {
	args = []string{standardInput}
	if *r.Sharpening > 0 {
		args = append(args, "-set", "option:filter:blur", decimal(1-*r.Sharpening))
	}
	args = append(args, "-filter", r.Filter)
	if *r.Strip {
		args = append(args, "-strip")
	}
	args = append(args, "-"+string(r.Operation), boundingBox(*r.Width, *r.Height))
	if r.Progressive {
		args = append(args, "-interlace", "plane")
	}
	switch r.Format {
	case "jpg", "jpeg", "png":
		args = append(args, "-quality", strconv.Itoa(int(math.Round(*r.Quality*100))))
	}
	if r.Colorspace != "" {
		args = append(args, "-colorspace", r.Colorspace)
	}
	before = len(args)
	return append(append(args, r.CustomArgs...), output(r.OutputExtension)), before
}

// boundingBox gives the geometry that a picture is to fit in; a side of 0 leaves it to the other one.
func boundingBox(width, height int) string {
	var box strings.Builder
	if width > 0 {
		box.WriteString(strconv.Itoa(width))
	}
	box.WriteByte('x')
	if height > 0 {
		box.WriteString(strconv.Itoa(height))
	}
	return box.String()
}

// decimal writes a number shortly; nine digits keep binary rounding (1-0.9) out of the argument.
func decimal(f float64) string { return strconv.FormatFloat(math.Round(f*1e9)/1e9, 'f', -1, 64) }

// output names the request's answer as the target of an argument list.
func output(extension string) string { return extension + ":" + standardInput }

// convert answers a picture, or the text that the command prints when no output is named beside customArgs.
// The picture may be missing where customArgs name a built-in one.
func (s *Service) convert(ctx context.Context, r *event.Request) ([]byte, error) {
	args, missing := r.CustomArgs, requireImage(r)
	switch {
	case r.OutputExtension != "":
		args = append(args, output(r.OutputExtension))
	case len(args) == 0 && missing != nil:
		return nil, missing
	case len(args) == 0:
		return nil, event.Errorf(event.InvalidRequest,
			`Invalid convert request: set "outputExtension", or end "customArgs" with an output such as "info:"`)
	}
	args, before, err := withInput(args, missing)
	if err != nil {
		return nil, err
	}
	if r.OutputExtension != "" {
		return s.picture(ctx, r, before, args)
	}
	result, err := s.convertArgs(ctx, r, before, args)
	if err != nil {
		return nil, err
	}
	if len(result.Files) > 0 {
		return pictures(r, result.Files), nil
	}
	return textAnswer(result.Text)
}

// withInput puts the request's picture before an argument list. When it is missing, a list that reads a picture itself goes
// without, and any other list is refused with that error. before is how many words it put before the caller's.
func withInput(args []string, missing error) (whole []string, before int, err error) {
	whole = append([]string{standardInput}, args...)
	if missing == nil {
		return whole, 1, nil
	}
	program, err := magick.ParseAfter(1, whole)
	if err != nil {
		return nil, 0, err
	}
	reads := func(step magick.Step) bool { return step.Class == magick.Read && step.Position > 0 }
	if !slices.ContainsFunc(program.Steps, reads) {
		return nil, 0, missing
	}
	return args, 0, nil
}

func (s *Service) getSample(ctx context.Context, r *event.Request) ([]byte, error) {
	return s.picture(ctx, r, 0, []string{"rose:", output(r.OutputExtension)})
}

// picture answers what convert with args writes.
func (s *Service) picture(ctx context.Context, r *event.Request, before int, args []string) ([]byte, error) {
	result, err := s.convertArgs(ctx, r, before, args)
	if err != nil {
		return nil, err
	}
	return pictures(r, files(result)), nil
}

// pictures answers the files that a program wrote: several where it made a list of pictures and their format holds one.
// convert then answers a list of texts; the other operations have one picture, unless the request asks for all.
func pictures(r *event.Request, written []render.File) []byte {
	if r.Outputs == event.OutputsAll || r.Outputs == "" && r.Operation == event.Convert && len(written) > 1 {
		all := make([][]byte, len(written))
		for i, file := range written {
			all[i] = file.Data
		}
		return event.EncodeImages(all)
	}
	return event.EncodeImage(written[0].Data)
}

// files gives the files of a result, or what it printed where the output was text.
func files(result *render.Result) []render.File {
	if len(result.Files) > 0 {
		return result.Files
	}
	return []render.File{{Name: standardInput, Format: "txt", Data: result.Text}}
}

// convertArgs runs convert with args, of which the first words, before many, are not the caller's own.
func (s *Service) convertArgs(ctx context.Context, r *event.Request, before int, args []string) (*render.Result, error) {
	program, err := magick.ParseAfter(before, args)
	if err != nil {
		return nil, err
	}
	if to := program.Output; to.Name != standardInput && to.Name != "" {
		return nil, event.Errorf(event.UnsupportedArgument, `Argument %d names a file %q to write; end with an output such as "png:-" or "info:"`,
			to.Position, to.Name)
	}
	return s.runRequest(ctx, r, render.Job{Program: program})
}

// runRequest runs a job that may read nothing but what the request carries, and built-in pictures.
func (s *Service) runRequest(ctx context.Context, r *event.Request, job render.Job) (*render.Result, error) {
	carried := func(name string) ([]byte, bool) {
		if name == standardInput {
			return r.Base64Image, r.HasImage
		}
		data, ok := r.Inputs[name]
		return data, ok
	}
	for _, step := range job.Program.Steps {
		for _, source := range step.Sources() {
			if _, ok := carried(source.Name); !ok && !source.Generated() {
				return nil, notCarried("Argument "+strconv.Itoa(step.Position)+" names", source.Name)
			}
		}
	}
	job.InputHint = r.InputExtension
	job.Open = func(name string) ([]byte, error) {
		if data, ok := carried(name); ok {
			return data, nil
		}
		return nil, notCarried("The arguments name", name)
	}
	return s.run(ctx, job)
}

func notCarried(who, name string) error {
	todo := "send it along under that name"
	if name == standardInput {
		todo = "send one"
	}
	return event.Errorf(event.UnsupportedArgument, "%s a picture %q that the request does not carry; %s", who, name, todo)
}
