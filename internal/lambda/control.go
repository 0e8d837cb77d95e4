package lambda

import (
	"net/http"
	"strconv"
)

const pageSize = 50

// configuration is a version of a function as the Lambda API shows it.
type configuration struct {
	FunctionName     string
	FunctionArn      string
	Version          string
	Handler          string
	Description      string
	Runtime          string
	PackageType      string
	MemorySize       int
	Timeout          int
	State            string
	LastUpdateStatus string
	LastModified     string
	CodeSha256       string
	CodeSize         int64
	RevisionID       string       `json:"RevisionId"`
	Environment      *environment `json:",omitempty"`
}

type environment struct{ Variables map[string]string }

func describe(v VersionInfo) configuration {
	c := configuration{
		FunctionName: v.Name, FunctionArn: v.ARN, Version: v.Version, Handler: v.Handler, Description: v.Description,
		Runtime: "provided.al2023", PackageType: "Zip", MemorySize: v.MemoryMB, Timeout: max(1, int(v.Timeout.Seconds())),
		State: "Active", LastUpdateStatus: "Successful", LastModified: v.Modified.UTC().Format(timestampLayout), RevisionID: v.Revision,
		CodeSha256: v.SHA256, CodeSize: v.Size,
	}
	if len(v.Environment) > 0 {
		c.Environment = &environment{v.Environment}
	}
	return c
}

// aliasBody is an alias as the Lambda API shows it. PreviousVersion is our addition.
type aliasBody struct {
	AliasArn        string
	Name            string
	FunctionVersion string
	Description     string
	RoutingConfig   *routingConfig `json:",omitempty"`
	PreviousVersion string         `json:",omitempty"`
	RevisionID      string         `json:"RevisionId"`
}

type routingConfig struct{ AdditionalVersionWeights map[string]float64 }

// aliasRequest is an alias as the Lambda API takes it.
type aliasRequest struct {
	Name            string
	FunctionVersion *string
	Description     *string
	RoutingConfig   *routingConfig
	RevisionID      string `json:"RevisionId"`
}

// change gives what the request changes. A RoutingConfig without weights removes those that there are.
func (r aliasRequest) change() AliasChange {
	c := AliasChange{FunctionVersion: r.FunctionVersion, Description: r.Description, Revision: r.RevisionID}
	if r.RoutingConfig != nil {
		c.Weights = r.RoutingConfig.AdditionalVersionWeights
		if c.Weights == nil {
			c.Weights = map[string]float64{}
		}
	}
	return c
}

func (a handler) describeAlias(id string, alias Alias) (aliasBody, error) {
	_, ref, err := a.host.find(id, "")
	body := aliasBody{
		AliasArn: a.host.ARN(ref.name, alias.Name), Name: alias.Name, FunctionVersion: alias.FunctionVersion,
		Description: alias.Description, PreviousVersion: alias.Previous, RevisionID: alias.Revision,
	}
	if alias.Canary != "" {
		body.RoutingConfig = &routingConfig{map[string]float64{alias.Canary: alias.CanaryWeight}}
	}
	return body, err
}

func (a handler) listFunctions(r *http.Request) (int, any, error) {
	all, next, err := page(r, a.host.Functions(), describe)
	return http.StatusOK, struct {
		Functions  []configuration
		NextMarker string `json:",omitempty"`
	}{all, next}, err
}

func (a handler) getFunction(r *http.Request) (int, any, error) {
	v, err := a.host.Version(r.PathValue("function"), r.URL.Query().Get("Qualifier"))
	return http.StatusOK, struct {
		Configuration configuration
		Code          struct{ RepositoryType string }
	}{Configuration: describe(v)}, err
}

func (a handler) getConfiguration(r *http.Request) (int, any, error) {
	v, err := a.host.Version(r.PathValue("function"), r.URL.Query().Get("Qualifier"))
	return http.StatusOK, describe(v), err
}

// deleteVersion is DeleteFunction with a version; the functions themselves stay, as they are those of the program.
func (a handler) deleteVersion(r *http.Request) (int, any, error) {
	ref, err := parseReference(r.PathValue("function"), r.URL.Query().Get("Qualifier"))
	if err == nil && (ref.qualifier == "" || ref.qualifier == Latest) {
		err = invalidParameter("Only a published version can be deleted here: name it as Qualifier")
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, a.host.DeleteVersion(r.PathValue("function"), ref.qualifier)
}

func (a handler) listVersions(r *http.Request) (int, any, error) {
	versions, err := a.host.Versions(r.PathValue("function"))
	if err != nil {
		return 0, nil, err
	}
	all, next, err := page(r, versions, describe)
	return http.StatusOK, struct {
		Versions   []configuration
		NextMarker string `json:",omitempty"`
	}{all, next}, err
}

func (a handler) publishVersion(r *http.Request) (int, any, error) {
	var body struct {
		Description, CodeSha256 string
		RevisionID              string `json:"RevisionId"`
	}
	if err := readControl(r, &body); err != nil {
		return 0, nil, err
	}
	v, err := a.host.PublishVersion(r.PathValue("function"), Publication{body.Description, body.CodeSha256, body.RevisionID})
	return http.StatusCreated, describe(v), err
}

func (a handler) listAliases(r *http.Request) (int, any, error) {
	id := r.PathValue("function")
	aliases, err := a.host.Aliases(id)
	if err != nil {
		return 0, nil, err
	}
	all, next, err := page(r, aliases, func(alias Alias) aliasBody {
		body, _ := a.describeAlias(id, alias) // the function was found just now, and functions stay
		return body
	})
	return http.StatusOK, struct {
		Aliases    []aliasBody
		NextMarker string `json:",omitempty"`
	}{all, next}, err
}

func (a handler) getAlias(r *http.Request) (int, any, error) {
	return a.answerAlias(r, http.StatusOK)(a.host.Alias(r.PathValue("function"), r.PathValue("alias")))
}

func (a handler) createAlias(r *http.Request) (int, any, error) {
	var body aliasRequest
	if err := readControl(r, &body); err != nil {
		return 0, nil, err
	}
	alias := Alias{Name: body.Name}
	if err := body.change().apply(&alias); err != nil {
		return 0, nil, err
	}
	return a.answerAlias(r, http.StatusCreated)(a.host.CreateAlias(r.PathValue("function"), alias))
}

func (a handler) updateAlias(r *http.Request) (int, any, error) {
	var body aliasRequest
	if err := readControl(r, &body); err != nil {
		return 0, nil, err
	}
	return a.answerAlias(r, http.StatusOK)(a.host.UpdateAlias(r.PathValue("function"), r.PathValue("alias"), body.change()))
}

func (a handler) deleteAlias(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, a.host.DeleteAlias(r.PathValue("function"), r.PathValue("alias"))
}

func (a handler) answerAlias(r *http.Request, status int) func(Alias, error) (int, any, error) {
	return func(alias Alias, err error) (int, any, error) {
		if err != nil {
			return 0, nil, err
		}
		body, err := a.describeAlias(r.PathValue("function"), alias)
		return status, body, err
	}
}

// page gives the part of all that Marker and MaxItems ask for, and the marker of the next part.
func page[T, U any](r *http.Request, all []T, show func(T) U) (part []U, next string, err error) {
	size, err := number(r, "MaxItems", pageSize)
	if err != nil {
		return nil, "", err
	}
	from, err := number(r, "Marker", 0)
	if err != nil {
		return nil, "", err
	}
	from = min(from, len(all))
	to := min(from+max(1, min(size, 10_000)), len(all))
	part = make([]U, 0, to-from)
	for _, item := range all[from:to] {
		part = append(part, show(item))
	}
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return part, next, nil
}

func number(r *http.Request, name string, missing int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, invalidParameter(name + " must be a number of at least 0")
	}
	return n, nil
}
