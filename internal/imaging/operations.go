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
		return event.EncodeImage(result.Files[0].Data), nil
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

// picture answers what convert with args writes. Of several files, which a format of one picture a file needs for a
// sequence, it answers the first.
func (s *Service) picture(ctx context.Context, r *event.Request, before int, args []string) ([]byte, error) {
	result, err := s.convertArgs(ctx, r, before, args)
	if err != nil {
		return nil, err
	}
	return event.EncodeImage(firstFile(result).Data), nil
}

// firstFile gives the first file of a result, or what it printed where the output was text.
func firstFile(result *render.Result) render.File {
	if len(result.Files) > 0 {
		return result.Files[0]
	}
	return render.File{Name: standardInput, Format: "txt", Data: result.Text}
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

// runRequest runs a job that may read nothing but the request's own picture and built-in ones.
func (s *Service) runRequest(ctx context.Context, r *event.Request, job render.Job) (*render.Result, error) {
	for _, step := range job.Program.Steps {
		source, ok := step.Value.(magick.Source)
		if ok && !source.Generated() && (source.Name != standardInput || !r.HasImage) {
			return nil, event.Errorf(event.UnsupportedArgument, `Argument %d names a picture %q that the request does not carry`, step.Position, source.Name)
		}
	}
	job.InputHint = r.InputExtension
	job.Open = func(name string) ([]byte, error) {
		if name == standardInput && r.HasImage {
			return r.Base64Image, nil
		}
		return nil, event.Errorf(event.UnsupportedArgument, `The arguments name a picture %q that the request does not carry`, name)
	}
	return s.run(ctx, job)
}
