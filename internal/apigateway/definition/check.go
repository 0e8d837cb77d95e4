package definition

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// MissingParameters gives the names of the required parameters that a request lacks or leaves blank, as API Gateway's
// validator does; nil where the route has none or does not validate them. What a parameter says is the function's to judge.
func (r Route) MissingParameters(request *http.Request) []string {
	if !r.Validate.Parameters {
		return nil
	}
	var missing []string
	for _, parameter := range r.parameters() {
		if !parameter.Required {
			continue
		}
		value := request.Header.Get(parameter.Name)
		if parameter.In == openapi3.ParameterInQuery {
			value = request.URL.Query().Get(parameter.Name)
		}
		if strings.TrimSpace(value) == "" {
			missing = append(missing, parameter.Name)
		}
	}
	return missing
}

func (r Route) parameters() []*openapi3.Parameter {
	var all []*openapi3.Parameter
	for _, list := range []openapi3.Parameters{r.item.Parameters, r.operation.Parameters} {
		for _, ref := range list {
			all = append(all, ref.Value)
		}
	}
	return all
}

// Takes reports whether the operation names a Content-Type for its body. None counts as application/json.
func (r Route) Takes(contentType string) bool {
	if r.operation.RequestBody == nil {
		return true
	}
	return media(r.operation.RequestBody.Value.Content, contentType) != nil
}

// Schema is what JSON must look like.
type Schema struct{ schema *openapi3.Schema }

// Check tells what is wrong with a JSON text, nil for nothing. The error is for the log, not for callers.
func (s *Schema) Check(text []byte) error {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	return s.schema.VisitJSON(value, openapi3.FailFast(), openapi3.DisableSchemaErrorDetails())
}

// BodySchema gives the schema of a body with that Content-Type, where the route validates bodies and it is JSON; else nil.
func (r Route) BodySchema(contentType string) *Schema {
	if !r.Validate.Body || r.operation.RequestBody == nil || !isJSON(contentType) {
		return nil
	}
	found := media(r.operation.RequestBody.Value.Content, contentType)
	if found == nil || found.Schema == nil {
		return nil
	}
	return &Schema{found.Schema.Value}
}

func isJSON(contentType string) bool {
	parsed, _, err := mime.ParseMediaType(contentType)
	return err == nil && parsed == "application/json"
}

// media gives what content says of a Content-Type: of the type itself, of its kind ("image/*") or of any.
func media(content openapi3.Content, contentType string) *openapi3.MediaType {
	if contentType == "" {
		contentType = "application/json"
	}
	parsed, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil
	}
	kind, _, _ := strings.Cut(parsed, "/")
	for _, name := range []string{parsed, kind + "/*", "*/*"} {
		if found := content[name]; found != nil {
			return found
		}
	}
	return nil
}

// CheckAnswer tells what in an answer the definition does not know: its status, a header that is not as it says, its
// Content-Type, or the shape of its JSON. Nil for nothing.
func (r Route) CheckAnswer(status int, header http.Header, body []byte) error {
	ref := r.operation.Responses.Value(strconv.Itoa(status))
	if ref == nil {
		return fmt.Errorf("%s: there is no answer with status %d", r.OperationID, status)
	}
	for name, h := range ref.Value.Headers {
		value := header.Get(name)
		if value == "" && h.Value.Required {
			return fmt.Errorf("%s, %d: the header %s is missing", r.OperationID, status, name)
		}
	}
	content := ref.Value.Content
	if len(content) == 0 {
		if len(body) > 0 {
			return fmt.Errorf("%s, %d: there is a body", r.OperationID, status)
		}
		return nil
	}
	contentType := header.Get("Content-Type")
	found := media(content, contentType)
	if contentType == "" || found == nil {
		return fmt.Errorf("%s, %d: the Content-Type %q is not known", r.OperationID, status, contentType)
	}
	if !isJSON(contentType) {
		if len(body) == 0 {
			return errors.New(r.OperationID + ": the answer is empty")
		}
		return nil
	}
	if err := (&Schema{found.Schema.Value}).Check(body); err != nil {
		return fmt.Errorf("%s, %d: %w", r.OperationID, status, err)
	}
	return nil
}

// Example is a request that the definition shows.
type Example struct {
	Name string
	Body []byte // JSON
}

// Examples gives the JSON bodies that the definition shows for a route, by name.
func (r Route) Examples() ([]Example, error) {
	if r.operation.RequestBody == nil {
		return nil, nil
	}
	var all []Example
	found := r.operation.RequestBody.Value.Content["application/json"]
	if found == nil {
		return nil, nil
	}
	for name, ref := range found.Examples {
		body, err := json.Marshal(ref.Value.Value)
		if err != nil {
			return nil, err
		}
		all = append(all, Example{name, body})
	}
	return all, nil
}
