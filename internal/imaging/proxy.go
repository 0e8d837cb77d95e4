package imaging

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/render"
)

// negotiable are the formats that Accept can choose from, beside the format of the picture that was sent; the first is the
// answer's format where nothing else decides.
var negotiable = [...]string{"png", "avif", "webp", "jpeg", "gif", "tiff", "bmp"}

// Proxy answers picture bytes with picture bytes: the body is the picture, the query's args are convert's arguments in one
// line (magick.SplitWords), output is the format of the answer. Without output the Accept header chooses, and without a choice
// the answer keeps the format that the picture came in, or is PNG where that is not written (SVG). Without args the picture is
// written again. A body of multipart/form-data (event.Form) carries further pictures that args may name, and args, output and
// outputs where the query does not.
//
// Several files, of pictures in a format that holds one, come as a ZIP archive (zipped); outputs is event.OutputsFirst for the
// first of them alone, or event.OutputsAll for an archive also of one.
//
// An answer that chance had a part in (render.Result.ByChance) says Cache-Control: no-store.
//
// A request that fails is answered too: with the status of the error's kind, and event.Failure as the body. The one error
// that is returned is NotNative's, which is for the host and not for the caller.
func (s *Service) Proxy(ctx context.Context, r *event.ProxyRequest) (response *event.ProxyResponse, _ error) {
	defer func() {
		if cause := recover(); cause != nil {
			response = s.failureResponse(s.panicked(ctx, cause))
		}
	}()
	response, err := s.proxy(ctx, r)
	switch {
	case err != nil && event.From(err).Kind == event.NotNative:
		_, err = s.fail(false, event.From(err))
		return nil, err
	case err != nil:
		s.logFailure(ctx, err)
		return s.failureResponse(event.From(err)), nil
	}
	return response, nil
}

func (s *Service) proxy(ctx context.Context, r *event.ProxyRequest) (*event.ProxyResponse, error) {
	request, parameter, err := bytesRequest(r)
	if err != nil {
		return nil, err
	}
	words, err := magick.SplitWords(parameter("args"))
	if err != nil {
		return nil, err
	}
	format, err := answerFormat(parameter("output"), header(r, "Accept"), request.Base64Image)
	if err != nil {
		return nil, err
	}
	args, before, err := withInput(append(words, output(format)), missingPicture(r, request))
	if err != nil {
		return nil, err
	}
	result, err := s.convertArgs(ctx, request, before, args)
	if err != nil {
		return nil, err
	}
	body, media, err := bodyOf(result, request.Outputs)
	if err != nil {
		return nil, err
	}
	headers := s.proxyHeaders(media)
	if result.ByChance {
		headers["Cache-Control"] = "no-store" // the same request is to get another answer
	}
	return &event.ProxyResponse{StatusCode: http.StatusOK, Headers: headers, Body: body}, nil
}

// bodyOf gives what a result's files are as one body.
func bodyOf(result *render.Result, outputs string) (body []byte, media string, err error) {
	all := files(result)
	if outputs == event.OutputsAll || outputs == "" && len(all) > 1 {
		body, err = zipped(all)
		return body, "application/zip", err
	}
	media, ok := render.Writable(all[0].Format)
	if !ok {
		media = "application/octet-stream"
	}
	return all[0].Data, media, nil
}

// bytesRequest makes a convert request of a body, and gives where its parameters stand: in the query, else in the form.
func bytesRequest(r *event.ProxyRequest) (request *event.Request, parameter func(name string) string, err error) {
	request = &event.Request{Operation: event.Convert}
	var fields map[string]string
	if contentType := header(r, "Content-Type"); event.IsForm(contentType) {
		form, err := event.ParseForm(contentType, r.Body)
		if err != nil {
			return nil, nil, err
		}
		request.Base64Image, request.Inputs, fields = form.Image, form.Inputs, form.Fields
	} else {
		request.Base64Image = r.Body
	}
	request.HasImage = len(request.Base64Image) > 0
	parameter = func(name string) string {
		if value, ok := r.QueryStringParameters[name]; ok {
			return value
		}
		return fields[name]
	}
	request.Outputs = parameter("outputs")
	if err := event.CheckOutputs(request.Outputs); err != nil {
		return nil, nil, err
	}
	return request, parameter, nil
}

// missingPicture says what to send where there is no picture; nil where there is one.
func missingPicture(r *event.ProxyRequest, request *event.Request) error {
	switch {
	case request.HasImage:
		return nil
	case len(r.Body) > 0:
		return event.Errorf(event.InvalidRequest, `The form has no picture; send it as a file in the field "image"`)
	}
	return event.Errorf(event.InvalidRequest, "The request has no body; send the picture's bytes as its body")
}

// answerFormat chooses the format of the answer to a picture.
func answerFormat(output, accept string, picture []byte) (string, error) {
	if name := strings.ToLower(strings.TrimPrefix(output, ".")); name != "" {
		if _, ok := render.Writable(name); !ok {
			return "", event.Errorf(event.UnsupportedMedia, "The output %q is no format that is written here; choose %s", name, writableNames())
		}
		return name, nil
	}
	chosen, ok := negotiate(accept, offersFor(picture))
	if !ok {
		return "", event.Errorf(event.UnsupportedMedia, "The Accept header allows no format that is written here; add output=png or another of %s", writableNames())
	}
	return chosen.format, nil
}

// offersFor gives the formats of an answer to a picture, its own one first.
func offersFor(picture []byte) []offer {
	var offers []offer
	if name, _, ok := render.FormatOf(picture); ok {
		offers = appendOffer(offers, name)
	}
	for _, name := range negotiable {
		offers = appendOffer(offers, name)
	}
	return offers
}

func appendOffer(offers []offer, format string) []offer {
	if media, ok := render.Writable(format); ok {
		return append(offers, offer{format, media})
	}
	return offers
}

func writableNames() string {
	names := negotiable[:]
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// header gives a header of the request, whatever its case; several lines of it are one list.
func header(r *event.ProxyRequest, name string) string {
	for key, values := range r.MultiValueHeaders {
		if strings.EqualFold(key, name) {
			return strings.Join(values, ",")
		}
	}
	for key, value := range r.Headers {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

func (s *Service) proxyHeaders(media string) map[string]string {
	return map[string]string{"Content-Type": media, "Vary": "Accept", "X-Bluerose-Engine": s.name}
}

// failureResponse gives an error as the answer to a proxy event.
func (s *Service) failureResponse(e *event.Error) *event.ProxyResponse {
	headers := s.proxyHeaders("application/json")
	if e.RetryAfter > 0 {
		headers["Retry-After"] = strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds())))
	}
	body, err := json.Marshal(e.Failure())
	if err != nil { // two strings always marshal
		body = nil
	}
	return &event.ProxyResponse{StatusCode: e.Kind.Status(), Headers: headers, Body: body}
}
