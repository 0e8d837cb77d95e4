package event

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of Inputs.
const (
	MaxInputs     = 16       // how many there may be
	MaxInputBytes = 32 << 20 // of all of them together, decoded
	maxInputName  = 128      // bytes of a name
)

// Inputs are the pictures and profiles that a request carries beside its own picture, by the names that its arguments use
// for them: watermarks, masks, colour tables, an ICC profile.
type Inputs map[string][]byte

// Add puts an input under a name. Its errors are *Error: InvalidRequest for a name that no argument could use or that is
// taken, PayloadTooLarge for more than MaxInputs or MaxInputBytes.
func (in *Inputs) Add(name string, data []byte) error {
	if !isInputName(name) {
		return Errorf(InvalidRequest, "The input %s has a name that arguments cannot use; take letters, digits, spaces and any of . _ - + ( ), "+
			"and begin with a letter, a digit or an underscore", shown(name))
	}
	if _, taken := (*in)[name]; taken {
		return Errorf(InvalidRequest, "Two inputs have the name %s; give each its own", shown(name))
	}
	total := len(data)
	for _, other := range *in {
		total += len(other)
	}
	switch {
	case len(*in) >= MaxInputs:
		return Errorf(PayloadTooLarge, "The request carries more than %d inputs beside its picture; send fewer", MaxInputs)
	case total > MaxInputBytes:
		return Errorf(PayloadTooLarge, "The inputs of the request hold more than %d MiB together; send smaller ones", MaxInputBytes>>20)
	}
	if *in == nil {
		*in = Inputs{}
	}
	(*in)[name] = data
	return nil
}

// isInputName reports whether a name can stand in an argument list as it is, with a coder before it and frames behind it,
// and mean nothing else there: no option, prefix, file of the server, bracket or escape.
func isInputName(name string) bool {
	if name == "" || len(name) > maxInputName || !utf8.ValidString(name) {
		return false
	}
	for i, c := range name {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || c == '_' || i > 0 && strings.ContainsRune(" .-+()", c) {
			continue
		}
		return false
	}
	return true
}

// shown shortens a name to what fits a message.
func shown(name string) string {
	const most = 60
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "") + "…"
	}
	return fmt.Sprintf("%q", name)
}

// readInputs decodes the inputs of an event in its memory.
func (r *Request) readInputs(m member) error {
	if m.shape == absent {
		return nil
	}
	const expected = `an object of base64 texts such as {"logo.png": "iVBORw0KGgo…"}`
	type input struct {
		name  string
		value member
	}
	var list []input
	wrong := m.shape != object
	rest, ok := cut(m.raw, func(key, raw []byte) string {
		i := input{name: unquoted(key)}
		instead := i.value.take(raw, text)
		if i.value.shape > text {
			wrong = true
		}
		for at := range list {
			if list[at].name == i.name {
				list[at] = i
				return instead
			}
		}
		if len(list) <= MaxInputs { // one more than may be: Add says so
			list = append(list, i)
		}
		return instead
	})
	switch {
	case wrong:
		return wrongType("inputs", expected)
	case ok && rest == nil:
		return Errorf(PayloadTooLarge, "The names of the inputs hold more than 1 MiB; send fewer or shorter ones")
	case !ok || !json.Valid(rest):
		return Errorf(InvalidRequest, "The event is not JSON; send one JSON object")
	}
	for _, i := range list {
		if i.value.shape == absent {
			continue
		}
		data, err := decodeBase64(i.name, i.value.inside())
		if err != nil {
			return err
		}
		if err := r.Inputs.Add(i.name, data); err != nil {
			return err
		}
	}
	return nil
}

// unquoted gives what a key means as it stands in JSON text; one that is no JSON is found by whoever checks the rest.
func unquoted(key []byte) string {
	quoted := append(append([]byte{'"'}, key...), '"')
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return string(key)
	}
	return s
}
