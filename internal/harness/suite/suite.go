// Package suite reads suites of unit tests, and reports on them. A suite is a YAML file of events and of what their answers
// must be; each case becomes a unit test of the function harness.
//
//	function: image                 # of cases that name none
//	cases:
//	  - name: the rose is 70x46
//	    event: {operation: getDimensions, base64Image: !base64 rose.png}
//	    expect: {equals: {$: 70x46}}
//
// expect is harness.Expect. Where !base64 stands before the name of a file beside the suite, the file's bytes stand in
// base64.
package suite

import (
	"bytes"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"bluerose/internal/harness"

	"go.yaml.in/yaml/v3"
)

// Suite is unit tests that belong together.
type Suite struct {
	Name  string
	Cases []Case
}

// Case is one unit test.
type Case struct {
	Name     string
	Function string
	Event    json.RawMessage // for the function
	Expect   *harness.Expect // nil: anything that is no failure
}

// The bounds of a suite.
const (
	maxCases = 10_000
	maxFile  = 32 << 20 // bytes of a file that !base64 names
	maxDepth = 64       // of values inside one another
)

//go:embed operations.yaml rose.png
var shipped embed.FS

// Operations gives the suite that comes with the program: cases for all seven operations of the function image.
func Operations() (*Suite, error) { return Read(shipped, "operations.yaml") }

type wireCase struct {
	Name     string    `yaml:"name"`
	Function string    `yaml:"function"`
	Event    yaml.Node `yaml:"event"`
	Expect   yaml.Node `yaml:"expect"`
}

// Read reads the suite in the file name of files, which has the files that it names, too.
func Read(files fs.FS, name string) (*Suite, error) {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("read the suite: %w", err)
	}
	var wire struct {
		Name     string     `yaml:"name"`
		Function string     `yaml:"function"`
		Cases    []wireCase `yaml:"cases"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&wire); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is no suite: %w", name, err)
	}
	if len(wire.Cases) == 0 || len(wire.Cases) > maxCases {
		return nil, fmt.Errorf("%s has %d cases; a suite has 1 to %d", name, len(wire.Cases), maxCases)
	}
	s := &Suite{Name: wire.Name}
	if s.Name == "" {
		s.Name = name
	}
	for i, c := range wire.Cases {
		if c.Function == "" {
			c.Function = wire.Function
		}
		one, err := c.read(files)
		if err != nil {
			return nil, fmt.Errorf("%s, case %d (%s): %w", name, i+1, c.Name, err)
		}
		s.Cases = append(s.Cases, one)
	}
	return s, nil
}

func (w wireCase) read(files fs.FS) (Case, error) {
	c := Case{Name: w.Name, Function: w.Function}
	if c.Name == "" || c.Function == "" {
		return c, errors.New("a case needs a name and a function")
	}
	var err error
	if c.Event, err = asJSON(files, &w.Event); err != nil {
		return c, fmt.Errorf("event: %w", err)
	}
	expect, err := asJSON(files, &w.Expect)
	if err != nil {
		return c, fmt.Errorf("expect: %w", err)
	}
	if string(expect) != "null" {
		decoder := json.NewDecoder(bytes.NewReader(expect))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&c.Expect); err != nil {
			return c, fmt.Errorf("expect: %w", err)
		}
	}
	_, err = harness.Parse(c.unit("check", 0)) // what harness would refuse is refused now, before anything runs
	return c, err
}

// unit gives the event for the function harness.
func (c Case) unit(testID string, iteration int) []byte {
	event, err := json.Marshal(map[string]any{
		"operation": "unit", "function": c.Function, "event": c.Event, "expect": c.Expect, "testId": testID, "iteration": iteration,
	})
	if err != nil {
		panic(err) // c.Event is JSON, and the rest always marshals
	}
	return event
}

// asJSON gives a YAML value as JSON, with the files that it names.
func asJSON(files fs.FS, node *yaml.Node) (json.RawMessage, error) {
	value, err := plain(files, node, 0)
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func plain(files fs.FS, node *yaml.Node, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d: values are nested more than %d deep", node.Line, maxDepth)
	}
	switch node.Kind {
	case 0: // there is none
		return nil, nil
	case yaml.MappingNode:
		object := make(map[string]any, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			value, err := plain(files, node.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			object[node.Content[i].Value] = value
		}
		return object, nil
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i := range list {
			var err error
			if list[i], err = plain(files, node.Content[i], depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.AliasNode:
		return nil, fmt.Errorf("line %d: write it out; aliases are not taken", node.Line)
	}
	if node.Tag == "!base64" {
		return inBase64(files, node)
	}
	var value any
	if err := node.Decode(&value); err != nil {
		return nil, err
	}
	return value, nil
}

func inBase64(files fs.FS, node *yaml.Node) (string, error) {
	info, err := fs.Stat(files, node.Value)
	switch {
	case err != nil:
		return "", fmt.Errorf("line %d: !base64 names a file beside the suite: %w", node.Line, err)
	case info.Size() > maxFile:
		return "", fmt.Errorf("line %d: %s has more than %d bytes", node.Line, node.Value, maxFile)
	}
	data, err := fs.ReadFile(files, node.Value)
	if err != nil {
		return "", fmt.Errorf("line %d: %w", node.Line, err)
	}
	return base64.StdEncoding.EncodeToString(data), nil
}
