package bluerose

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// may lists, for each package, which others of the project it may import (see docs/architecture.md). A package that is
// not listed may not exist.
var may = map[string][]string{
	"api":                            {},
	"event":                          {},
	"site":                           {},
	"internal/imaging/vips":          {},
	"internal/imaging/magick":        {"event"},
	"internal/imaging/fx":            {},
	"internal/imaging/draw":          {"internal/imaging/magick"},
	"internal/imaging/typeface":      {"internal/imaging/draw"},
	"internal/imaging/render":        {"event", "internal/imaging/draw", "internal/imaging/typeface", "internal/imaging/fx", "internal/imaging/magick", "internal/imaging/vips"},
	"internal/imaging/fallback":      {"event", "internal/imaging/magick", "internal/imaging/render", "internal/sandbox"},
	"internal/harness/suite":         {"event", "internal/harness", "internal/harness/invoker", "internal/harness/results"},
	"internal/imaging":               {"event", "internal/imaging/render", "internal/imaging/magick", "internal/imaging/vips"},
	"internal/lambda":                {"event", "internal/lambda/eventqueue", "internal/lambda/sharedmem", "internal/sqlite", "internal/tracing"},
	"internal/lambda/beside":         {"event"},
	"internal/lambda/eventqueue":     {"internal/sqlite"},
	"internal/lambda/sharedmem":      {},
	"internal/policy":                {},
	"internal/sandbox":               {},
	"internal/sqlite":                {},
	"internal/table":                 {"event"},
	"internal/table/sqlitetable":     {"event", "internal/sqlite", "internal/table"},
	"internal/table/dynamotable":     {"event", "internal/table"},
	"internal/table/dynamoapi":       {"event", "internal/table"},
	"internal/table/stream":          {"event", "internal/table"},
	"internal/table/tabletest":       {"event", "internal/table"},
	"internal/harness/handler":       {"event"},
	"internal/harness":               {"event", "internal/harness/arrival", "internal/harness/invoker", "internal/harness/results", "internal/table"},
	"internal/harness/arrival":       {"event"},
	"internal/harness/https":         {"event"},
	"internal/harness/invoker":       {"event"},
	"internal/harness/loadtest":      {"internal/harness/arrival"},
	"internal/harness/results":       {"internal/table"},
	"internal/harness/summary":       {"event", "internal/harness/results", "internal/table"},
	"internal/tracing":               {},
	"internal/identity":              {"event", "internal/policy"},
	"internal/identity/apikey":       {"event", "internal/sqlite"},
	"internal/identity/cognito":      {"internal/identity"},
	"internal/identity/oidc":         {},
	"internal/cost":                  {"event"},
	"internal/apigateway/definition": {},
	"internal/apigateway/apitest":    {"internal/apigateway/definition"},
	"internal/apigateway/access":     {"event", "internal/apigateway", "internal/apigateway/definition", "internal/identity", "internal/identity/apikey", "internal/identity/oidc", "internal/policy"},
	"internal/apigateway/quota":      {"internal/apigateway/definition", "internal/sqlite"},
	"internal/apigateway/throttle":   {"event", "internal/apigateway", "internal/apigateway/definition", "internal/apigateway/quota"},
	"internal/apigateway":            {"event", "internal/apigateway/definition", "internal/tracing"},
	"internal/region":                {"api", "event", "site", "internal/cost", "internal/apigateway/access", "internal/apigateway/quota", "internal/apigateway/throttle", "internal/apigateway/definition", "internal/lambda", "internal/lambda/beside", "internal/identity", "internal/identity/apikey", "internal/identity/cognito", "internal/identity/oidc", "internal/policy", "internal/apigateway", "internal/harness/results", "internal/table", "internal/table/sqlitetable", "internal/table/dynamoapi", "internal/table/stream", "internal/apigateway/cache"},
	"internal/apigateway/cache":      {"event", "internal/apigateway", "internal/apigateway/definition"},
	"internal/browsertest":           {},
	"cmd/bluerose":                   {"event", "internal/harness", "internal/harness/arrival", "internal/harness/handler", "internal/harness/https", "internal/harness/invoker", "internal/harness/loadtest", "internal/harness/results", "internal/harness/suite", "internal/harness/summary", "internal/table", "internal/table/dynamotable", "internal/region", "internal/imaging", "internal/imaging/render", "internal/imaging/fallback", "internal/imaging/vips", "internal/lambda", "internal/lambda/beside", "internal/lambda/sharedmem", "internal/sandbox", "internal/identity", "internal/identity/apikey", "internal/tracing"},
	"internal/e2e":                   {},
	"bench":                          {"internal/lambda"},
	"examples/authorizer":            {},
}

// sources calls visit with each Go file that is no test.
func sources(t *testing.T, visit func(path string, file *ast.File)) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || strings.HasPrefix(entry.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		seen++
		visit(filepath.ToSlash(path), file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Fatalf("only %d files were looked at", seen)
	}
}

// TestImports holds every package to its row. Tests may also import what helps them to look at a result.
func TestImports(t *testing.T) {
	sources(t, func(path string, file *ast.File) {
		from := filepath.ToSlash(filepath.Dir(path))
		allowed, known := may[from]
		if !known {
			t.Errorf("%s: the plan of the house has no room %s", path, from)
		}
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			to, ours := strings.CutPrefix(name, "bluerose/")
			if ours && !slices.Contains(allowed, to) {
				t.Errorf("%s: %s may not import %s", path, from, to)
			}
		}
	})
}

// TestOnlyCommandsReadTheEnvironment: everything else is given its configuration.
func TestOnlyCommandsReadTheEnvironment(t *testing.T) {
	sources(t, func(path string, file *ast.File) {
		if strings.HasPrefix(path, "cmd/") {
			return
		}
		ast.Inspect(file, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			name := selector.Sel.Name
			if from, ok := selector.X.(*ast.Ident); ok && from.Name == "os" && (name == "Getenv" || name == "LookupEnv" || name == "Environ") {
				t.Errorf("%s reads the environment with os.%s", path, name)
			}
			return true
		})
	})
}

// TestLinterAgrees: the linter's rules refuse nothing that a row allows, and keep image code to its own rooms.
func TestLinterAgrees(t *testing.T) {
	text, err := os.ReadFile(".golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]struct {
						Files []string
						Deny  []struct{ Pkg string }
					}
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	const image = "internal/imaging"
	for room, allowed := range may {
		var denied []string // what a file of room may not import
		for _, rule := range config.Linters.Settings.Depguard.Rules {
			if covers(rule.Files, "/"+room+"/file.go") {
				for _, deny := range rule.Deny {
					denied = append(denied, deny.Pkg)
				}
			}
		}
		refuses := func(to string) bool {
			return slices.ContainsFunc(denied, func(prefix string) bool { return strings.HasPrefix("bluerose/"+to, prefix) })
		}
		for _, to := range allowed {
			if refuses(to) {
				t.Errorf(".golangci.yml denies %s the import of %s, which its row allows", room, to)
			}
		}
		if !strings.HasPrefix(room, image) && !strings.HasPrefix(room, "cmd/") && !refuses(image) {
			t.Errorf(".golangci.yml lets %s import image code", room)
		}
	}
}

// covers reports whether a list of depguard's file patterns matches a path: one of them, and none of those with a !.
func covers(patterns []string, path string) bool {
	matched := false
	for _, pattern := range patterns {
		glob, not := strings.CutPrefix(pattern, "!")
		glob = strings.NewReplacer(`\*\*`, ".*", `\*`, "[^/]*", `\{`, "(", ",", "|", `\}`, ")").Replace(regexp.QuoteMeta(glob))
		if regexp.MustCompile("^" + glob + "$").MatchString(path) {
			if not {
				return false
			}
			matched = true
		}
	}
	return matched
}
