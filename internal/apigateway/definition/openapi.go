package definition

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// The extensions of API Gateway that are read; any other x-amazon-… is refused where it stands.
const (
	extension           = "x-amazon-apigateway-"
	extIntegration      = extension + "integration"
	extValidator        = extension + "request-validator"
	extValidators       = extension + "request-validators"
	extGatewayResponses = extension + "gateway-responses"
	extBinaryTypes      = extension + "binary-media-types"
	extKeySource        = extension + "api-key-source"
	extAuthType         = extension + "authtype"
	extAuthorizer       = extension + "authorizer"
)

// knownExtensions are those that may stand at each kind of place.
var knownExtensions = map[string][]string{
	"document":        {extValidator, extValidators, extGatewayResponses, extBinaryTypes, extKeySource},
	"path":            {},
	"operation":       {extIntegration, extValidator},
	"security scheme": {extAuthType, extAuthorizer},
}

// Parse reads openapi.yaml and stages.yaml. Its errors name the file, and the line or the place in it.
func Parse(openapi, stages []byte) (*Definition, error) {
	d, err := parseOpenAPI(openapi)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	if err := d.parseStages(stages); err != nil {
		return nil, fmt.Errorf("stages.yaml: %w", err)
	}
	return d, nil
}

func parseOpenAPI(data []byte) (*Definition, error) {
	loader := openapi3.NewLoader()
	document, err := loader.LoadFromData(data)
	if err != nil {
		return nil, err
	}
	if err := document.Validate(context.Background()); err != nil {
		return nil, err
	}
	d := &Definition{OpenAPI: data, document: document}
	if d.JSON, err = document.MarshalJSON(); err != nil {
		return nil, err
	}
	r := &reader{document: document, modes: map[string]string{}, validators: map[string]Validator{}}
	return d, errors.Join(r.shared(d), r.routes(d))
}

// reader holds what routes refer to.
type reader struct {
	document   *openapi3.T
	modes      map[string]string // of the security schemes, by name
	validators map[string]Validator
	standard   string // the validator of operations that name none
}

// shared reads what stands outside the paths.
func (r *reader) shared(d *Definition) error {
	extensions := r.document.Extensions
	if err := checkExtensions("document", extensions); err != nil {
		return err
	}
	var source string
	var validators map[string]struct {
		Body       bool `json:"validateRequestBody"`
		Parameters bool `json:"validateRequestParameters"`
	}
	var refusals map[string]struct {
		Parameters map[string]string `json:"responseParameters"`
		Templates  map[string]string `json:"responseTemplates"`
	}
	for name, into := range map[string]any{
		extKeySource: &source, extBinaryTypes: &d.BinaryMediaTypes, extValidator: &r.standard, extValidators: &validators,
		extGatewayResponses: &refusals,
	} {
		if err := decode(extensions, name, into); err != nil {
			return err
		}
	}
	if source != "" && source != "HEADER" {
		return fmt.Errorf("%s: only HEADER is known", extKeySource)
	}
	for name, v := range validators {
		r.validators[name] = Validator(v)
	}
	d.refusals = map[string]map[string]string{}
	for kind, refusal := range refusals {
		if kind != "DEFAULT_4XX" && kind != "DEFAULT_5XX" {
			return fmt.Errorf("%s: only DEFAULT_4XX and DEFAULT_5XX are known, not %s", extGatewayResponses, kind)
		}
		headers, err := staticHeaders(refusal.Parameters, "gatewayresponse.header.")
		if err != nil {
			return fmt.Errorf("%s: %s: %w", extGatewayResponses, kind, err)
		}
		d.refusals[kind] = headers
	}
	if r.document.Components == nil {
		return nil
	}
	for name, scheme := range r.document.Components.SecuritySchemes {
		if err := r.scheme(d, name, scheme.Value); err != nil {
			return fmt.Errorf("components.securitySchemes.%s: %w", name, err)
		}
	}
	return nil
}

// modesByType are the access modes by x-amazon-apigateway-authtype; "" is an API key.
var modesByType = map[string]string{
	"": AccessAPIKey, "awsSigv4": AccessIAM, "cognito_user_pools": AccessOAuth, "custom": AccessAuthorizer,
}

func (r *reader) scheme(d *Definition, name string, scheme *openapi3.SecurityScheme) error {
	if err := checkExtensions("security scheme", scheme.Extensions); err != nil {
		return err
	}
	var authType string
	if err := decode(scheme.Extensions, extAuthType, &authType); err != nil {
		return err
	}
	mode, ok := modesByType[authType]
	header := map[bool]string{true: "x-api-key", false: "authorization"}[mode == AccessAPIKey]
	if !ok || scheme.Type != "apiKey" || scheme.In != "header" || !strings.EqualFold(scheme.Name, header) {
		return errors.New("no way in that the gateway knows: an apiKey in the header x-api-key, or one in the header " +
			"Authorization with " + extAuthType + " awsSigv4, cognito_user_pools or custom")
	}
	r.modes[name] = mode
	var authorizer struct {
		Type       string   `json:"type"`
		URI        string   `json:"authorizerUri"`
		Source     string   `json:"identitySource"`
		Pattern    string   `json:"identityValidationExpression"`
		TTL        *int     `json:"authorizerResultTtlInSeconds"`
		Credential string   `json:"authorizerCredentials"`
		Providers  []string `json:"providerARNs"`
	}
	if err := decode(scheme.Extensions, extAuthorizer, &authorizer); err != nil || mode != AccessAuthorizer {
		return err
	}
	function, err := functionOf(authorizer.URI)
	if err != nil {
		return fmt.Errorf("authorizerUri: %w", err)
	}
	source, ok := strings.CutPrefix(authorizer.Source, "method.request.header.")
	if !ok || authorizer.Type != "token" && authorizer.Type != "request" {
		return errors.New("an authorizer is of type token or request, and has an identitySource method.request.header.NAME")
	}
	if _, err := regexp.Compile(authorizer.Pattern); err != nil {
		return fmt.Errorf("identityValidationExpression: %w", err)
	}
	ttl := 300 // API Gateway's default
	if authorizer.TTL != nil {
		ttl = *authorizer.TTL
	}
	if ttl < 0 || ttl > 3600 {
		return errors.New("authorizerResultTtlInSeconds must be 0 to 3600")
	}
	d.Authorizer = Authorizer{Function: function, Kind: authorizer.Type, Header: source, TTL: time.Duration(ttl) * time.Second,
		Pattern: authorizer.Pattern}
	return nil
}

// routes reads the operations of every path.
func (r *reader) routes(d *Definition) error {
	var faults []error
	seen := map[string]bool{}
	for _, path := range r.document.Paths.InMatchingOrder() {
		item := r.document.Paths.Value(path)
		if err := checkExtensions("path", item.Extensions); err != nil {
			faults = append(faults, fmt.Errorf("paths.%s: %w", path, err))
		}
		if strings.ContainsAny(path, "{}") || strings.HasSuffix(path, "/") {
			faults = append(faults, fmt.Errorf("paths.%s: paths with parameters or a slash at the end are not known", path))
			continue
		}
		for method, operation := range item.Operations() {
			route, err := r.route(method, path, item, operation)
			if err == nil && (route.OperationID == "" || seen[route.OperationID]) {
				err = errors.New("operationId is required and must be unique")
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("paths.%s.%s: %w", path, strings.ToLower(method), err))
				continue
			}
			seen[route.OperationID] = true
			d.Routes = append(d.Routes, route)
		}
	}
	slices.SortFunc(d.Routes, func(a, b Route) int { return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method) })
	setCORS(d.Routes)
	return errors.Join(faults...)
}

func (r *reader) route(method, path string, item *openapi3.PathItem, operation *openapi3.Operation) (Route, error) {
	route := Route{
		Method: method, Path: path, OperationID: operation.OperationID, Summary: operation.Summary, item: item, operation: operation,
	}
	if err := checkExtensions("operation", operation.Extensions); err != nil {
		return route, err
	}
	validator := r.standard
	if err := decode(operation.Extensions, extValidator, &validator); err != nil {
		return route, err
	}
	known := false
	if route.Validate, known = r.validators[validator]; validator != "" && !known {
		return route, fmt.Errorf("%s: there is no validator %q", extValidator, validator)
	}
	security := r.document.Security
	if operation.Security != nil {
		security = *operation.Security
	}
	for _, requirement := range security {
		if len(requirement) != 1 {
			return route, errors.New("security: each requirement names one scheme")
		}
		for name, scopes := range requirement {
			route.Access = append(route.Access, r.modes[name])
			route.Scopes = append(route.Scopes, scopes...)
		}
	}
	return route, r.integration(&route)
}

// wireIntegration is x-amazon-apigateway-integration.
type wireIntegration struct {
	Type        IntegrationType   `json:"type"`
	Method      string            `json:"httpMethod"`
	URI         string            `json:"uri"`
	Credentials string            `json:"credentials"`
	Passthrough string            `json:"passthroughBehavior"`
	Timeout     int               `json:"timeoutInMillis"`
	Templates   map[string]string `json:"requestTemplates"`
	CacheKeys   []string          `json:"cacheKeyParameters"`
	Responses   map[string]struct {
		Status     string            `json:"statusCode"`
		Parameters map[string]string `json:"responseParameters"`
		Templates  map[string]string `json:"responseTemplates"`
	} `json:"responses"`
}

func (r *reader) integration(route *Route) error {
	var wire wireIntegration
	if _, ok := route.operation.Extensions[extIntegration]; !ok {
		return errors.New(extIntegration + " is missing")
	}
	if err := decode(route.operation.Extensions, extIntegration, &wire); err != nil {
		return err
	}
	into := &route.Integration
	into.Type, into.Strict, into.Timeout = wire.Type, wire.Passthrough == "never", time.Duration(wire.Timeout)*time.Millisecond
	route.CacheKeys = wire.CacheKeys
	if wire.Timeout != 0 && (wire.Timeout < 50 || wire.Timeout > 29000) {
		return fmt.Errorf("%s: timeoutInMillis must be 50 to 29000", extIntegration)
	}
	template := wire.Templates["application/json"]
	var err error
	switch wire.Type {
	case Proxy, Invoke:
		if into.Function, err = functionOf(wire.URI); err == nil && wire.Method != http.MethodPost {
			err = errors.New("httpMethod must be POST")
		}
		if into.Template = template; err == nil && template != "" && (!json.Valid([]byte(template)) || strings.ContainsAny(template, "$#")) {
			err = errors.New("requestTemplates: a template must be JSON as it stands")
		}
	case Mock:
		err = mock(into, wire, template)
	default:
		err = fmt.Errorf("type must be aws, aws_proxy or mock, not %q", wire.Type)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", extIntegration, err)
	}
	return nil
}

func mock(into *Integration, wire wireIntegration, template string) error {
	var status struct{ StatusCode int }
	if err := json.Unmarshal([]byte(template), &status); err != nil {
		return fmt.Errorf(`requestTemplates: a mock needs {"statusCode": N}: %w`, err)
	}
	response, ok := wire.Responses["default"]
	var err error
	if into.Status, err = strconv.Atoi(response.Status); !ok || err != nil || into.Status != status.StatusCode {
		return errors.New("responses: a mock needs a default with the statusCode of its template")
	}
	into.Headers, err = staticHeaders(response.Parameters, "method.response.header.")
	return err
}

var functionURI = regexp.MustCompile(`^arn:aws[a-z-]*:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:([a-zA-Z0-9-_]{1,64})(:[^/]+)?/invocations$`)

// functionOf gives the function's name out of an integration's uri.
func functionOf(uri string) (string, error) {
	parts := functionURI.FindStringSubmatch(uri)
	if parts == nil {
		return "", fmt.Errorf("%q is no uri of a function: arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations", uri)
	}
	return parts[1], nil
}

// staticHeaders gives headers whose values stand in the definition ('…' in single quotes), by canonical name.
func staticHeaders(parameters map[string]string, prefix string) (map[string]string, error) {
	headers := make(map[string]string, len(parameters))
	for name, value := range parameters {
		header, ok := strings.CutPrefix(name, prefix)
		if !ok || len(value) < 2 || value[0] != '\'' || value[len(value)-1] != '\'' {
			return nil, fmt.Errorf("responseParameters: %s must be %sNAME with a value in single quotes", name, prefix)
		}
		headers[http.CanonicalHeaderKey(header)] = value[1 : len(value)-1]
	}
	return headers, nil
}

// corsHeaders are those that belong to every answer and not to a preflight alone.
var corsHeaders = []string{"Access-Control-Allow-Origin", "Access-Control-Expose-Headers"}

// setCORS gives the routes of a path what the mock of its OPTIONS says of all its answers.
func setCORS(routes []Route) {
	for _, preflight := range routes {
		if preflight.Method != http.MethodOptions || preflight.Integration.Type != Mock {
			continue
		}
		cors := CORS{}
		for _, name := range corsHeaders {
			if value, ok := preflight.Integration.Headers[name]; ok {
				cors[name] = value
			}
		}
		for i := range routes {
			if routes[i].Path == preflight.Path {
				routes[i].CORS = cors
			}
		}
	}
}

func checkExtensions(place string, extensions map[string]any) error {
	for name := range extensions {
		if strings.HasPrefix(name, "x-amazon-") && !slices.Contains(knownExtensions[place], name) {
			return fmt.Errorf("the extension %s is not known in a %s", name, place)
		}
	}
	return nil
}

// decode reads an extension strictly; one that is absent leaves v as it is.
func decode(extensions map[string]any, name string, v any) error {
	value, ok := extensions[name]
	if !ok {
		return nil
	}
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
