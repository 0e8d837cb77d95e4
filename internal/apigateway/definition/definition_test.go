package definition_test

import (
	"strings"
	"testing"
	"time"

	"bluerose/api"
	"bluerose/internal/apigateway/definition"
)

func TestTheDefinitionIsRead(t *testing.T) {
	d, err := definition.Parse(api.OpenAPI, api.Stages)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Routes) != 25 || len(d.Stages) != 2 || len(d.Plans) != 3 {
		t.Errorf("got %d routes, %d stages, %d plans", len(d.Routes), len(d.Stages), len(d.Plans))
	}
}

// Mistakes are told with the place they stand at.
func TestMistakesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, old, new, want string }{
		"unknown extension":        {"openapi", "x-amazon-apigateway-request-validator: all", "x-amazon-apigateway-validator: all", "paths./ImageProcessingService.post"},
		"unknown validator":        {"openapi", "x-amazon-apigateway-request-validator: all", "x-amazon-apigateway-request-validator: most", `"most"`},
		"unknown integration":      {"openapi", "type: aws_proxy", "type: http_proxy", "http_proxy"},
		"unknown integration part": {"openapi", "cacheKeyParameters:", "cacheKeys:", "cacheKeys"},
		"no function":              {"openapi", ":function:image:${", ":bucket:image:${", "no uri of a function"},
		"template in VTL":          {"openapi", `'{"operation":"ping"}'`, `'{"operation":"$x"}'`, "as it stands"},
		"unknown field":            {"openapi", "info:\n", "infos: {}\ninfo:\n", "infos"},
		"unknown way in":           {"openapi", "authtype: awsSigv4", "authtype: magic", "securitySchemes.iam"},
		"no such schema":           {"openapi", "#/components/schemas/Event", "#/components/schemas/Nothing", "Nothing"},
		"path parameter":           {"openapi", "  /images:\n", "  /images/{id}:\n", "/images/{id}"},
		"doubled operation":        {"openapi", "operationId: convertImage\n", "operationId: ping\n", "operation id"},
		"no YAML":                  {"openapi", "info:\n", "info: [\n", "openapi.yaml"},
		"stage field":              {"stages", "alias: prod", "aliass: live", "line 21"},
		"stage alias":              {"stages", "alias: prod", "alias: a b", "stages.prod: alias"},
		"stage route":              {"stages", "pingSigned:", "pingSinged:", "routes.pingSinged"},
		"stage TTL":                {"stages", "ttl: 5m", "ttl: 5h", "cache.ttl"},
		"stage TTL's unit":         {"stages", "ttl: 5m", "ttl: soon", "line"},
		"throttle":                 {"stages", "{rate: 1000, burst: 2000}", "{rate: 1000}", "stages.dev: throttle"},
		"access":                   {"stages", "ping: {cacheTTL: 0s}", "ping: {access: [everyone]}", "routes.ping.access"},
		"canary":                   {"stages", "alias: prod\n", "alias: prod\n    canary: {percent: 10}\n", "canary"},
		"plan's stage":             {"stages", "unlimited: {}", "unlimited: {stages: [test]}", `"test"`},
		"plan's period":            {"stages", "limit: 10000, period: MONTH", "limit: 10000, period: YEAR", "plans.free: quota"},
		"two documents":            {"stages", "plans:\n", "---\nplans:\n", "more than one"},
	} {
		files := map[string]string{"openapi": string(api.OpenAPI), "stages": string(api.Stages)}
		if !strings.Contains(files[c.file], c.old) {
			t.Fatalf("%s: the file has no %q", name, c.old)
		}
		files[c.file] = strings.Replace(files[c.file], c.old, c.new, 1)
		_, err := definition.Parse([]byte(files["openapi"]), []byte(files["stages"]))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), c.file+".yaml: ") {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
	}
}

func TestWhatTheFilesSay(t *testing.T) {
	d, err := definition.Parse(api.OpenAPI, api.Stages)
	if err != nil {
		t.Fatal(err)
	}
	prod, _ := d.Stage("prod")
	signed, _ := d.Route("invokeSigned")
	public, _ := d.Route("invoke")
	if prod.Alias != "prod" || prod.CacheTTL("invoke") != 5*time.Minute || prod.CacheTTL("ping") != 0 || prod.Limit.Burst != 25000 {
		t.Errorf("got %+v", prod)
	}
	if got := prod.Access(signed); len(got) != 1 || got[0] != definition.AccessIAM || len(prod.Access(public)) != 0 {
		t.Errorf("got %v", got)
	}
	if d.Authorizer.Function != "authorizer" || d.Authorizer.TTL != 5*time.Minute || d.Authorizer.Header != "Authorization" {
		t.Errorf("got %+v", d.Authorizer)
	}
	closed, err := definition.Parse(api.OpenAPI, []byte("stages: {one: {alias: $LATEST, routes: {invoke: {access: [apiKey], throttle: {rate: 1, burst: 2}}, invokeSigned: {access: []}}}}"))
	if err != nil {
		t.Fatal(err)
	}
	one := closed.Stages[0]
	if len(one.Access(public)) != 1 || len(one.Access(signed)) != 0 || one.Throttle("invoke").Burst != 2 || !one.Throttle("ping").None() {
		t.Errorf("got %+v", one)
	}
}

func FuzzParseStages(f *testing.F) {
	f.Add(api.Stages)
	f.Add([]byte("stages: {a: {alias: b, throttle: {rate: .nan, burst: 1}}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := definition.Parse(api.OpenAPI, data)
		if err == nil && len(d.Stages) == 0 {
			t.Error("a definition without stages was taken")
		}
	})
}
