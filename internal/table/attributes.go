package table

import "encoding/json"

// Attributes gives an item in DynamoDB's JSON, where every value says its type: {"iteration": {"N": "7"}}.
func Attributes(item Item) map[string]any {
	typed := make(map[string]any, len(item))
	for name, value := range item {
		typed[name] = attribute(value)
	}
	return typed
}

func attribute(value any) map[string]any {
	switch v := value.(type) {
	case string:
		return map[string]any{"S": v}
	case json.Number:
		return map[string]any{"N": string(v)}
	case bool:
		return map[string]any{"BOOL": v}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = attribute(v[i])
		}
		return map[string]any{"L": list}
	case map[string]any:
		return map[string]any{"M": Attributes(v)}
	}
	return map[string]any{"NULL": true}
}

// FromAttributes gives an item that came in DynamoDB's JSON. What JSON has no value for (binary data, sets) is
// InvalidRequest.
func FromAttributes(typed map[string]json.RawMessage) (Item, error) {
	return fromAttributes(typed, 0)
}

func fromAttributes(typed map[string]json.RawMessage, depth int) (Item, error) {
	item := make(Item, len(typed))
	for name, raw := range typed {
		value, err := fromAttribute(name, raw, depth+1)
		if err != nil {
			return nil, err
		}
		item[name] = value
	}
	return item, nil
}

// FromAttribute gives one value, of an attribute of that name, as FromAttributes does.
func FromAttribute(name string, raw json.RawMessage) (any, error) { return fromAttribute(name, raw, 0) }

func fromAttribute(name string, raw json.RawMessage, depth int) (any, error) {
	if depth > MaxDepth {
		return nil, invalid("An item's lists and objects are nested more than %d deep", MaxDepth)
	}
	var v struct {
		S    *string
		N    *string
		BOOL *bool
		NULL *bool
		L    *[]json.RawMessage
		M    *map[string]json.RawMessage
	}
	var kinds map[string]json.RawMessage
	if json.Unmarshal(raw, &kinds) != nil || len(kinds) != 1 || json.Unmarshal(raw, &v) != nil {
		return nil, wrongType(name)
	}
	switch {
	case v.S != nil:
		return *v.S, nil
	case v.N != nil:
		return Decimal(*v.N)
	case v.BOOL != nil:
		return *v.BOOL, nil
	case v.NULL != nil && *v.NULL:
		return nil, nil
	case v.L != nil:
		list := make([]any, len(*v.L))
		for i, inner := range *v.L {
			var err error
			if list[i], err = fromAttribute(name, inner, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case v.M != nil:
		m, err := fromAttributes(*v.M, depth)
		return map[string]any(m), err
	}
	return nil, wrongType(name)
}

func wrongType(name string) error {
	return invalid("The value of %q is none of the types that a table takes: S, N, BOOL, NULL, L and M", name)
}
