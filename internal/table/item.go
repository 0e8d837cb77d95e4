package table

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"bluerose/event"
)

// maxEqual is how many attributes a condition may have.
const maxEqual = 10

// maxRange is the greatest range key: every integer up to it is itself as a float64, too, which JavaScript reads.
const maxRange = 1 << 53

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// ItemOf makes an item of what marshals to a JSON object, such as a structure.
func ItemOf(v any) (Item, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, invalid("An item must be a JSON object").Wrap(err)
	}
	return ParseItem(text)
}

// ParseItem makes an item of the text of a JSON object.
func ParseItem(text []byte) (Item, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var item Item
	if err := decoder.Decode(&item); err != nil || item == nil {
		return nil, invalid("An item must be a JSON object").Wrap(err)
	}
	if _, err := normal(map[string]any(item), 0); err != nil {
		return nil, err
	}
	return item, nil
}

// Into stores the item in the structure that v points to, by the rules of encoding/json.
func (i Item) Into(v any) error {
	text, err := json.Marshal(i)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// normal checks a value, and gives it with its numbers as plain decimals. Lists and maps are changed in place.
func normal(value any, depth int) (any, error) {
	if depth > MaxDepth {
		return nil, invalid("An item's lists and objects are nested more than %d deep", MaxDepth)
	}
	var err error
	switch v := value.(type) {
	case nil, bool, string:
		return v, nil
	case json.Number:
		return Decimal(string(v))
	case []any:
		for i := range v {
			if v[i], err = normal(v[i], depth+1); err != nil {
				return nil, err
			}
		}
		return v, nil
	case map[string]any:
		for name := range v {
			if v[name], err = normal(v[name], depth+1); err != nil {
				return nil, err
			}
		}
		return v, nil
	}
	return nil, invalid("An item holds what is no JSON; make it with ItemOf").Wrap(errNoJSON{value})
}

// Validate says what is wrong with the schema.
func (s Schema) Validate() error {
	switch {
	case !tableName.MatchString(s.Name):
		return invalid("A table's name must be 3 to 255 letters, digits, -, _ and .")
	case s.Hash == "" || len(s.Hash) > 255 || len(s.Range) > 255:
		return invalid("A table needs a hash key, and the names of its keys have 1 to 255 bytes")
	case s.Hash == s.Range:
		return invalid("A table's hash key and range key must be two attributes")
	}
	return nil
}

// SameKeys reports whether both tables have the same name and keys.
func (s Schema) SameKeys(other Schema) bool {
	s.Stream = other.Stream
	return s == other
}

// Key gives the key of an item of the table, or InvalidRequest.
func (s Schema) Key(item Item) (Key, error) {
	hash, ok := item[s.Hash].(string)
	if !ok {
		return Key{}, invalid("The key %q of the item must be a text", s.Hash)
	}
	key := Key{Hash: hash}
	if s.Range != "" {
		number, ok := item[s.Range].(json.Number)
		var err error
		if key.Range, err = strconv.ParseInt(string(number), 10, 64); !ok || err != nil {
			return Key{}, invalid("The key %q of the item must be an integer", s.Range)
		}
	}
	return key, s.CheckKey(key)
}

// CheckKey says what is wrong with a key of the table.
func (s Schema) CheckKey(key Key) error {
	switch {
	case key.Hash == "" || len(key.Hash) > MaxHash:
		return invalid("The key %q must have 1 to %d bytes", s.Hash, MaxHash)
	case s.Range == "" && key.Range != 0:
		return invalid("The table %q has no range key", s.Name)
	case key.Range < -maxRange || key.Range > maxRange:
		return invalid("The key %q must be within ±2^53", s.Range)
	}
	return nil
}

// KeyItem gives the attributes of a key.
func (s Schema) KeyItem(key Key) Item {
	item := Item{s.Hash: key.Hash}
	if s.Range != "" {
		item[s.Range] = json.Number(strconv.FormatInt(key.Range, 10))
	}
	return item
}

// Encode checks an item of the table, and gives its key and its text: two items are the same if their texts are.
func (s Schema) Encode(item Item) (Key, []byte, error) {
	if _, err := normal(map[string]any(item), 0); err != nil {
		return Key{}, nil, err
	}
	key, err := s.Key(item)
	if err != nil {
		return Key{}, nil, err
	}
	text, err := json.Marshal(item) // names in order
	if err != nil {
		return Key{}, nil, invalid("An item must be a JSON object").Wrap(err)
	}
	if len(text) > MaxItem {
		return Key{}, nil, event.Errorf(event.PayloadTooLarge, "An item of %d bytes is larger than the %d that a table takes", len(text), MaxItem)
	}
	return key, text, nil
}

// Distinct says whether no two of the keys are the same.
func Distinct(keys []Key) error {
	seen := make(map[Key]struct{}, len(keys))
	for _, key := range keys {
		if _, twice := seen[key]; twice {
			return invalid("Two items have the same key; put one after the other")
		}
		seen[key] = struct{}{}
	}
	return nil
}

// Validate says what is wrong with the condition.
func (e Equal) Validate() error {
	if len(e) > maxEqual {
		return invalid("A condition has at most %d attributes", maxEqual)
	}
	for name, value := range e {
		switch v := value.(type) {
		case nil, string, bool:
		case json.Number:
			if _, err := Decimal(string(v)); err != nil {
				return err
			}
		default:
			return invalid("The condition on %q must be a text, a number, a truth or none", name)
		}
	}
	return nil
}

// Met says whether an item, or nil for none, meets e, which is valid.
func (e Equal) Met(item Item) bool {
	for name, value := range e {
		has, there := item[name]
		if number, ok := value.(json.Number); ok {
			value, _ = Decimal(string(number))
		}
		if (value == nil) == there || value != nil && !sameScalar(has, value) {
			return false
		}
	}
	return true
}

// sameScalar compares without comparing lists and maps, which Go cannot.
func sameScalar(has, want any) bool {
	switch has.(type) {
	case string, bool, json.Number:
		return has == want
	}
	return false
}

// Names gives the attributes of e in order.
func (e Equal) Names() []string { return slices.Sorted(maps.Keys(e)) }
