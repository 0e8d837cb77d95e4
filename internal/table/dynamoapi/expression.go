package dynamoapi

import (
	"regexp"
	"strings"

	"bluerose/internal/table"
)

const maxExpression = 4096 // bytes, as in DynamoDB

// The terms of an expression. Names are attributes or, after #, stand for one; values stand for one after a colon.
var (
	conjunction = regexp.MustCompile(`(?i)\s+AND\s+`)
	equality    = regexp.MustCompile(`^(#?[\w.-]+)\s*=\s*(:\w+)$`)
	attribute   = regexp.MustCompile(`^#?[\w.-]+$`)
	absence     = regexp.MustCompile(`^attribute_not_exists\s*\(\s*(#?[\w.-]+)\s*\)$`)
)

// equal reads an expression, the parameter of that name.
func (x expressions) equal(parameter, text string) (table.Equal, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	if len(text) > maxExpression {
		return nil, validation(parameter + " is longer than DynamoDB takes")
	}
	e := table.Equal{}
	for _, term := range conjunction.Split(text, -1) {
		name, value, err := x.term(parameter, strings.TrimSpace(term))
		if err != nil {
			return nil, err
		}
		if _, twice := e[name]; twice {
			return nil, validation(parameter + " names an attribute twice")
		}
		e[name] = value
	}
	return e, e.Validate()
}

func (x expressions) term(parameter, term string) (name string, value any, err error) {
	if found := absence.FindStringSubmatch(term); found != nil {
		name, err = x.name(parameter, found[1])
		return name, nil, err
	}
	found := equality.FindStringSubmatch(term)
	if found == nil {
		return "", nil, validation(parameter + " must be made of `name = :value` and `attribute_not_exists(name)`, joined by AND, here")
	}
	if name, err = x.name(parameter, found[1]); err != nil {
		return "", nil, err
	}
	raw, ok := x.ExpressionAttributeValues[found[2]]
	if !ok {
		return "", nil, validation(parameter + " names the value " + found[2] + ", which ExpressionAttributeValues has not")
	}
	if value, err = table.FromAttribute(found[2], raw); err == nil && value == nil {
		err = validation(parameter + " compares with NULL, which is not available here")
	}
	return name, value, err
}

func (x expressions) name(parameter, text string) (string, error) {
	if !strings.HasPrefix(text, "#") {
		if strings.Contains(text, ".") {
			return "", validation(parameter + " names a part of an attribute, which is not available here")
		}
		return text, nil
	}
	name, ok := x.ExpressionAttributeNames[text]
	if !ok {
		return "", validation(parameter + " names " + text + ", which ExpressionAttributeNames has not")
	}
	return name, nil
}

// projection reads the names of a ProjectionExpression; nil for an empty one.
func (x expressions) projection(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > maxExpression {
		return nil, validation("ProjectionExpression is longer than DynamoDB takes")
	}
	var names []string
	for term := range strings.SplitSeq(text, ",") {
		term = strings.TrimSpace(term)
		if !attribute.MatchString(term) {
			return nil, validation("ProjectionExpression must be names of attributes with commas between them, here")
		}
		name, err := x.name("ProjectionExpression", term)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}
