package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Parse reads a policy document, of at most MaxSize bytes of JSON. An error says what is wrong with it, and where.
func Parse(text []byte) (*Document, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("policy: a document has at most %d bytes", MaxSize)
	}
	if !utf8.Valid(text) {
		return nil, errors.New("policy: the document is not UTF-8")
	}
	d, err := parseDocument(text)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return d, nil
}

func parseDocument(text []byte) (*Document, error) {
	elements, err := members(text)
	if err != nil {
		return nil, err
	}
	d := &Document{}
	for name, value := range elements {
		switch name {
		case "Version":
			var version string
			if err := json.Unmarshal(value, &version); err != nil || version != "2012-10-17" && version != "2008-10-17" {
				return nil, errors.New(`Version must be "2012-10-17" or "2008-10-17"`)
			}
		case "Id":
			if err := checkText(value); err != nil {
				return nil, fmt.Errorf("Id: %w", err)
			}
		case "Statement":
			for i, one := range listOf(value) {
				s, err := parseStatement(one)
				if err != nil {
					return nil, fmt.Errorf("Statement %d: %w", i+1, err)
				}
				d.statements = append(d.statements, s)
			}
		default:
			return nil, fmt.Errorf("the element %q is not known", name)
		}
	}
	if elements["Statement"] == nil {
		return nil, errors.New("Statement is missing")
	}
	return d, nil
}

func parseStatement(text []byte) (s statement, err error) {
	elements, err := members(text)
	if err != nil {
		return s, err
	}
	for name, value := range elements {
		switch name {
		case "Sid":
			err = checkText(value)
		case "Effect":
			err = s.setEffect(value)
		case "Action", "NotAction":
			s.actions, err = parseList(value, name == "NotAction")
			for i, pattern := range s.actions.patterns {
				s.actions.patterns[i] = strings.ToLower(pattern)
			}
		case "Resource", "NotResource":
			s.resources, err = parseList(value, name == "NotResource")
		case "Principal":
			s.unclear = s.unclear || !everyone(value)
		case "NotPrincipal", "Condition":
			s.unclear = true
		default:
			err = errors.New("the element is not known")
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, either := range [][]string{{"Effect"}, {"Action", "NotAction"}, {"Resource", "NotResource"}} {
		count := 0
		for _, name := range either {
			if elements[name] != nil {
				count++
			}
		}
		if count != 1 {
			return s, fmt.Errorf("exactly one %s is needed", strings.Join(either, " or "))
		}
	}
	return s, nil
}

func (s *statement) setEffect(value []byte) error {
	switch string(value) {
	case `"Allow"`:
		s.effect = Allow
	case `"Deny"`:
		s.effect = Deny
	default:
		return errors.New(`must be "Allow" or "Deny"`)
	}
	return nil
}

// everyone tells whether a Principal is "*", alone or as the value of AWS.
func everyone(value []byte) bool {
	if elements, err := members(value); err == nil && len(elements) == 1 {
		value = elements["AWS"]
	}
	all := listOf(value)
	return len(all) == 1 && string(all[0]) == `"*"`
}

func parseList(value []byte, not bool) (list, error) {
	l := list{not: not}
	for _, one := range listOf(value) {
		var pattern string
		switch err := json.Unmarshal(one, &pattern); {
		case err != nil || string(one) == "null" || pattern == "":
			return l, errors.New("must be a text or a list of texts")
		case strings.Contains(pattern, "${"):
			return l, errors.New("policy variables (${…}) are not available")
		}
		l.patterns = append(l.patterns, pattern)
	}
	if len(l.patterns) == 0 {
		return l, errors.New("must name at least one")
	}
	return l, nil
}

func checkText(value []byte) error {
	var text *string
	if err := json.Unmarshal(value, &text); err != nil || text == nil {
		return errors.New("must be a text")
	}
	return nil
}

// listOf gives the items of a JSON array; any other value stands for a list of itself.
func listOf(value []byte) []json.RawMessage {
	var all []json.RawMessage
	if err := json.Unmarshal(value, &all); err != nil || string(value) == "null" {
		return []json.RawMessage{value}
	}
	return all
}

// members gives the members of a JSON object. Their names are taken as they are spelled, and each may stand once:
// encoding/json would take any case, and the last of several.
func members(text []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("must be a JSON object")
	}
	all := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // the decoder takes nothing else for a name
		if _, twice := all[name]; twice {
			return nil, fmt.Errorf("the element %q stands twice", name)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		all[name] = value
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return all, nil
}
