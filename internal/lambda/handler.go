package lambda

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"bluerose/event"
)

const (
	apiFunctions      = "/2015-03-31/functions"
	maxClientContext  = 3583 // bytes of base64
	maxControlRequest = 1 << 20
	timestampLayout   = "2006-01-02T15:04:05.000-0700"
)

// handler is the Lambda API over HTTP.
type handler struct {
	host   *Host
	inside bool // for the functions of the host
}

// Handler gives the Lambda API (restJson1): Invoke, and the calls on versions and aliases. It routes on the escaped path,
// so that a function may be named by a percent-encoded ARN. It verifies no signature: Config.Authorize says what the sender
// of a request may do.
func (h *Host) Handler() http.Handler { return handler{host: h}.routes() }

// Inside gives the same API for the host's own functions (Invocation.Inside).
func (h *Host) Inside() http.Handler { return handler{h, true}.routes() }

func (a handler) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, call := range map[string]struct {
		action string // as policies name it
		serve  func(*http.Request) (status int, body any, err error)
	}{
		"GET " + apiFunctions:                                    {"lambda:ListFunctions", a.listFunctions},
		"GET " + apiFunctions + "/{$}":                           {"lambda:ListFunctions", a.listFunctions},
		"GET " + apiFunctions + "/{function}":                    {"lambda:GetFunction", a.getFunction},
		"DELETE " + apiFunctions + "/{function}":                 {"lambda:DeleteFunction", a.deleteVersion},
		"GET " + apiFunctions + "/{function}/configuration":      {"lambda:GetFunctionConfiguration", a.getConfiguration},
		"GET " + apiFunctions + "/{function}/versions":           {"lambda:ListVersionsByFunction", a.listVersions},
		"POST " + apiFunctions + "/{function}/versions":          {"lambda:PublishVersion", a.publishVersion},
		"GET " + apiFunctions + "/{function}/aliases":            {"lambda:ListAliases", a.listAliases},
		"POST " + apiFunctions + "/{function}/aliases":           {"lambda:CreateAlias", a.createAlias},
		"GET " + apiFunctions + "/{function}/aliases/{alias}":    {"lambda:GetAlias", a.getAlias},
		"PUT " + apiFunctions + "/{function}/aliases/{alias}":    {"lambda:UpdateAlias", a.updateAlias},
		"DELETE " + apiFunctions + "/{function}/aliases/{alias}": {"lambda:DeleteAlias", a.deleteAlias},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Amzn-Requestid", newRequestID())
			if err := a.authorize(r, call.action); err != nil {
				writeError(w, err)
				return
			}
			status, body, err := call.serve(r)
			if err != nil {
				writeError(w, err)
				return
			}
			writeJSON(w, status, body)
		})
	}
	mux.HandleFunc("POST "+apiFunctions+"/{function}/invocations", a.invoke)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Requestid", newRequestID())
		writeError(w, apiError{status: http.StatusNotFound, kind: "UnknownOperationException",
			message: "This operation of the Lambda API is not available here"})
	})
	return mux
}

// apiError is an error of the Lambda API. It is written as it stands.
type apiError struct {
	status        int
	kind, message string
}

func (e apiError) Error() string { return e.message }

// authorize asks whether the sender of r may do an action on the function that r names, or, where it names none, on all.
func (a handler) authorize(r *http.Request, action string) error {
	if a.host.cfg.Authorize == nil {
		return nil
	}
	resource := "*"
	if id := r.PathValue("function"); id != "" {
		ref, err := parseReference(id, r.URL.Query().Get("Qualifier"))
		if err != nil {
			return err
		}
		resource = a.host.ARN(ref.name, ref.qualifier)
	}
	return a.host.cfg.Authorize(r.Context(), action, resource)
}

func (a handler) invoke(w http.ResponseWriter, r *http.Request) {
	inv := Invocation{
		Function: r.PathValue("function"), Qualifier: r.URL.Query().Get("Qualifier"),
		TraceID: r.Header.Get("X-Amzn-Trace-Id"), RequestID: newRequestID(), Inside: a.inside,
	}
	w.Header().Set("X-Amzn-Requestid", inv.RequestID)
	if err := a.authorize(r, "lambda:InvokeFunction"); err != nil {
		writeError(w, err)
		return
	}
	kind := r.Header.Get("X-Amz-Invocation-Type")
	if err := a.readInvocation(r, &inv, kind == "Event"); err != nil {
		writeError(w, err)
		return
	}
	switch kind {
	case "", "RequestResponse":
		a.invokeSync(w, r, inv)
	case "Event":
		if _, err := a.host.InvokeAsync(inv); err != nil {
			writeError(w, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
	default:
		writeError(w, invalidParameter("1 validation error detected: Value '"+clip([]byte(kind))+"' at 'invocationType' failed to "+
			"satisfy constraint: Member must satisfy enum value set: [RequestResponse, Event, DryRun]"))
	}
}

// readInvocation fills inv from the request. A function that there is not is found before megabytes are read for it.
func (a handler) readInvocation(r *http.Request, inv *Invocation, async bool) error {
	if err := a.host.Check(*inv); err != nil {
		return err
	}
	if text := r.Header.Get("X-Amz-Client-Context"); text != "" {
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(text) > maxClientContext || !json.Valid(decoded) {
			return apiError{http.StatusBadRequest, "InvalidRequestContentException",
				"Client context must be a valid Base64-encoded JSON object."}
		}
		inv.ClientContext = decoded
	}
	limit := a.host.cfg.MaxPayload
	if async {
		limit = a.host.cfg.Async.MaxPayload
	}
	payload, err := readBody(r.Body, r.ContentLength, limit)
	switch {
	case errors.Is(err, errTooLarge):
		return tooLarge(limit)
	case err != nil:
		return apiError{http.StatusBadRequest, "InvalidRequestContentException", "The request body ended too early"}
	case len(payload) == 0:
		return nil
	case !validJSON(payload):
		return apiError{http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json: " + whyInvalid(payload)}
	}
	inv.Payload = payload
	return nil
}

// whyInvalid says what is wrong with JSON text.
func whyInvalid(data []byte) string {
	var any json.RawMessage
	if err := json.Unmarshal(data, &any); err != nil {
		return err.Error()
	}
	return "invalid text"
}

func (a handler) invokeSync(w http.ResponseWriter, r *http.Request, inv Invocation) {
	result, err := a.host.Invoke(r.Context(), inv)
	if err != nil {
		writeError(w, err)
		return
	}
	h := w.Header()
	h.Set("X-Amz-Executed-Version", result.ExecutedVersion)
	if result.FunctionError != "" {
		h.Set("X-Amz-Function-Error", result.FunctionError)
	}
	if r.Header.Get("X-Amz-Log-Type") == "Tail" {
		h.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(result.LogTail))
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(result.Payload)))
	_, _ = w.Write(result.Payload) // a caller that went away needs no answer
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	if body == nil {
		w.WriteHeader(status)
		return
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // bodies are structures of texts and numbers
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// shapes maps the kinds that the host's errors have to Lambda's exceptions.
var shapes = map[event.Kind]apiError{
	event.InvalidRequest:  {status: http.StatusBadRequest, kind: "InvalidParameterValueException"},
	event.NotFound:        {status: http.StatusNotFound, kind: "ResourceNotFoundException"},
	event.PayloadTooLarge: {status: http.StatusRequestEntityTooLarge, kind: "RequestEntityTooLargeException"},
	event.Throttled:       {status: http.StatusTooManyRequests, kind: "TooManyRequestsException", message: "Rate Exceeded."},
}

func toAPIError(err error) apiError {
	var e apiError
	if errors.As(err, &e) {
		return e
	}
	if refused, ok := errors.AsType[*event.Refusal](err); ok {
		return apiError{refused.Status, refused.Type, refused.Message}
	}
	fault := event.From(err)
	e, ok := shapes[fault.Kind]
	if !ok {
		return apiError{http.StatusInternalServerError, "ServiceException", fault.Message}
	}
	switch {
	case errors.Is(err, errConflict):
		e = apiError{status: http.StatusConflict, kind: "ResourceConflictException"}
	case errors.Is(err, errPrecondition):
		e = apiError{status: http.StatusPreconditionFailed, kind: "PreconditionFailedException"}
	}
	if e.message == "" {
		e.message = fault.Message
	}
	return e
}

func writeError(w http.ResponseWriter, err error) {
	e := toAPIError(err)
	body := map[string]string{"Type": "User"}
	messageKey := "message"
	switch e.kind {
	case "ResourceNotFoundException", "AccessDeniedException":
		messageKey = "Message"
	case "ServiceException":
		messageKey, body["Type"] = "Message", "Service"
	case "TooManyRequestsException":
		body["Reason"] = "ConcurrentInvocationLimitExceeded"
		if after := event.From(err).RetryAfter; after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int((after+time.Second-1)/time.Second)))
		}
	}
	body[messageKey] = e.message
	w.Header().Set("X-Amzn-Errortype", e.kind)
	writeJSON(w, e.status, body)
}

func invalidParameter(message string) error {
	return apiError{http.StatusBadRequest, "InvalidParameterValueException", message}
}

// readControl reads the body of a call that changes something; an empty one changes nothing.
func readControl(r *http.Request, into any) error {
	data, err := readBody(r.Body, r.ContentLength, maxControlRequest)
	switch {
	case errors.Is(err, errTooLarge):
		return tooLarge(maxControlRequest)
	case err != nil:
		return apiError{http.StatusBadRequest, "InvalidRequestContentException", io.ErrUnexpectedEOF.Error()}
	case len(data) == 0:
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return apiError{http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json: " + err.Error()}
	}
	return nil
}
