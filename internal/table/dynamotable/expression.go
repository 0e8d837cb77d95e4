package dynamotable

import (
	"fmt"
	"strings"

	"bluerose/internal/table"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// expression is a condition in DynamoDB's language. What it does not need is nil, which DynamoDB wants.
type expression struct {
	text   *string
	names  map[string]string
	values map[string]types.AttributeValue
}

func newExpression(e table.Equal) (expression, error) {
	var x expression
	var terms []string
	for i, name := range e.Names() {
		id := fmt.Sprint("#a", i)
		if e[name] == nil {
			x.add(id, name, "", nil)
			terms = append(terms, "attribute_not_exists("+id+")")
			continue
		}
		value := fmt.Sprint(":a", i)
		x.add(id, name, value, e[name])
		terms = append(terms, id+" = "+value)
	}
	if len(terms) > 0 {
		text := strings.Join(terms, " AND ")
		x.text = &text
	}
	return x, e.Validate()
}

// add names an attribute, and, unless its name is empty, a value.
func (x *expression) add(id, name, valueID string, value any) {
	if x.names == nil {
		x.names = map[string]string{}
	}
	x.names[id] = name
	if valueID == "" {
		return
	}
	if x.values == nil {
		x.values = map[string]types.AttributeValue{}
	}
	x.values[valueID] = toAttribute(value)
}
