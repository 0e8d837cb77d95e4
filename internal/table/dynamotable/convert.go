package dynamotable

import (
	"encoding/json"
	"fmt"

	"bluerose/internal/table"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func toAttributes(item table.Item) map[string]types.AttributeValue {
	typed := make(map[string]types.AttributeValue, len(item))
	for name, value := range item {
		typed[name] = toAttribute(value)
	}
	return typed
}

func toAttribute(value any) types.AttributeValue {
	switch v := value.(type) {
	case string:
		return &types.AttributeValueMemberS{Value: v}
	case json.Number:
		return &types.AttributeValueMemberN{Value: string(v)}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	case []any:
		list := make([]types.AttributeValue, len(v))
		for i := range v {
			list[i] = toAttribute(v[i])
		}
		return &types.AttributeValueMemberL{Value: list}
	case map[string]any:
		return &types.AttributeValueMemberM{Value: toAttributes(v)}
	}
	return &types.AttributeValueMemberNULL{Value: true}
}

func fromAttributes(typed map[string]types.AttributeValue) (table.Item, error) {
	item := make(table.Item, len(typed))
	for name, value := range typed {
		var err error
		if item[name], err = fromAttribute(value); err != nil {
			return nil, fmt.Errorf("attribute %q: %w", name, err)
		}
	}
	return item, nil
}

func fromAttribute(value types.AttributeValue) (any, error) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value, nil
	case *types.AttributeValueMemberN:
		return table.Decimal(v.Value)
	case *types.AttributeValueMemberBOOL:
		return v.Value, nil
	case *types.AttributeValueMemberNULL:
		return nil, nil
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i := range v.Value {
			var err error
			if list[i], err = fromAttribute(v.Value[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	case *types.AttributeValueMemberM:
		m, err := fromAttributes(v.Value)
		return map[string]any(m), err
	}
	return nil, fmt.Errorf("a value of type %T is no JSON", value)
}
