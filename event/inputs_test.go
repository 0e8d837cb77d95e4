package event

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParseRequestFindsInputs(t *testing.T) {
	for name, c := range map[string]struct {
		payload string
		want    Inputs
	}{
		"two":              {`{"inputs":{"a.png":"QUJD","b c":"REVG"},"base64Image":"QUJD"}`, Inputs{"a.png": []byte("ABC"), "b c": []byte("DEF")}},
		"behind":           {`{"base64Image":"QUJD", "inputs" : { "a" : "QUJD" } }`, Inputs{"a": []byte("ABC")}},
		"escapes":          {`{"inputs":{"\u0061\u00e9":"QU\/\/"}}`, Inputs{"aé": []byte("A\x4f\xff")}},
		"data URL":         {`{"inputs":{"a":"data:image/png;base64,QUJD"}}`, Inputs{"a": []byte("ABC")}},
		"none":             {`{"inputs":{}}`, nil},
		"null":             {`{"inputs":null}`, nil},
		"null input":       {`{"inputs":{"a":null,"b":"QUJD"}}`, Inputs{"b": []byte("ABC")}},
		"the last counts":  {`{"inputs":{"a":"!!","a":"QUJD"},"x":1}`, Inputs{"a": []byte("ABC")}},
		"the last inputs":  {`{"inputs":{"a":"!!"},"inputs":{"b":"QUJD"}}`, Inputs{"b": []byte("ABC")}},
		"none in the end":  {`{"inputs":{"a":"QUJD"},"inputs":null}`, nil},
		"another's inputs": {`{"x":{"inputs":{"a":"QUJD"}}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := ParseRequest([]byte(c.payload))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(r.Inputs, c.want) {
				t.Errorf("got %q, want %q", r.Inputs, c.want)
			}
		})
	}
}

func TestInputsTravel(t *testing.T) {
	sent := &Request{Operation: Convert, HasImage: true, Base64Image: []byte("ABC"), Outputs: OutputsAll, Inputs: Inputs{"a.png": []byte("ABC"), "b é": {0xff, 0}}}
	payload, err := sent.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseRequest(payload)
	if err != nil || !reflect.DeepEqual(got, sent) {
		t.Errorf("got %+v, %v, want %+v", got, err, sent)
	}
}

func TestInputsRefused(t *testing.T) {
	const expected = `Invalid request: the field "inputs" must be an object of base64 texts such as {"logo.png": "iVBORw0KGgo…"}`
	const badName = ` has a name that arguments cannot use; take letters, digits, spaces and any of . _ - + ( ), and begin with a letter, a digit or an underscore`
	many := map[string]string{}
	for i := range MaxInputs + 1 {
		many[fmt.Sprintf("input%d", i)] = "QUJD"
	}
	crowd, _ := json.Marshal(map[string]any{"inputs": many})
	for name, c := range map[string]struct {
		payload string
		kind    Kind
		message string
	}{
		"list":          {`{"inputs":["QUJD"]}`, InvalidRequest, expected},
		"text":          {`{"inputs":"QUJD"}`, InvalidRequest, expected},
		"number":        {`{"inputs":{"a":7}}`, InvalidRequest, expected},
		"object inside": {`{"inputs":{"a":{"b":"QUJD"}}}`, InvalidRequest, expected},
		"no comma":      {`{"inputs":{"a":"QUJD" "b":"QUJD"}}`, InvalidRequest, `The event is not JSON; send one JSON object`},
		"wrong bracket": {`{"inputs":{"a":"QUJD"]}`, InvalidRequest, `The event is not JSON; send one JSON object`},
		"no base64":     {`{"inputs":{"a":"QUJ?"}}`, InvalidRequest, `"a" is not base64: byte 3 of its text is no base64 character; send the bytes in standard base64 (RFC 4648)`},
		"many":          {string(crowd), PayloadTooLarge, `The request carries more than 16 inputs beside its picture; send fewer`},
		"option":        {`{"inputs":{"-write":"QUJD"}}`, InvalidRequest, `The input "-write"` + badName},
		"coder":         {`{"inputs":{"msl:a":"QUJD"}}`, InvalidRequest, `The input "msl:a"` + badName},
		"file":          {`{"inputs":{"@a":"QUJD"}}`, InvalidRequest, `The input "@a"` + badName},
		"path":          {`{"inputs":{"../a":"QUJD"}}`, InvalidRequest, `The input "../a"` + badName},
		"brackets":      {`{"inputs":{"a[0]":"QUJD"}}`, InvalidRequest, `The input "a[0]"` + badName},
		"no name":       {`{"inputs":{"":"QUJD"}}`, InvalidRequest, `The input ""` + badName},
		"long name":     {`{"inputs":{"` + strings.Repeat("a", 129) + `":"QUJD"}}`, InvalidRequest, `The input "` + strings.Repeat("a", 60) + `…"` + badName},
		"long names":    {`{"inputs":{"` + strings.Repeat("a", maxRest) + `":"QUJD"}}`, PayloadTooLarge, `The names of the inputs hold more than 1 MiB; send fewer or shorter ones`},
		"outputs":       {`{"outputs":"some"}`, InvalidRequest, `Invalid request: the field "outputs" must be "first" or "all"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseRequest([]byte(c.payload))
			e := From(err)
			if e == nil || e.Kind != c.kind || e.Message != c.message {
				t.Errorf("got  %v\nwant %s %s", err, c.kind, c.message)
			}
		})
	}
}

func TestInputsAddBoundsBytes(t *testing.T) {
	var in Inputs
	half := make([]byte, MaxInputBytes/2)
	if err := in.Add("a", half); err != nil {
		t.Fatal(err)
	}
	if err := in.Add("b", half); err != nil {
		t.Fatal(err)
	}
	if e := From(in.Add("c", []byte{1})); e == nil || e.Kind != PayloadTooLarge {
		t.Errorf("got %v", e)
	}
	if e := From(in.Add("a", nil)); e == nil || e.Message != `Two inputs have the name "a"; give each its own` {
		t.Errorf("got %v", e)
	}
}

// FuzzInputs looks for events that are read although a JSON library would not, and for inputs that differ from its.
func FuzzInputs(f *testing.F) {
	for _, seed := range []string{
		`{"inputs":{"a.png":"QUJD","b":"REVG"},"base64Image":"QUJD"}`, `{"inputs":{"a":null,"\u0061":"QU\/\/"}}`,
		`{"inputs":{"a":"QUJD"]}`, `{"inputs":[{}],"inputs":{"a":"QUJD"}}`, `{"inputs":{"a":{"b":"}\""}}}`, `{"inputs":{`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var want struct {
			Inputs map[string]*string `json:"inputs"`
		}
		all := map[string]json.RawMessage{} // Unmarshal into the struct would merge several members of the name
		wrong := json.Unmarshal(payload, &all)
		if wrong == nil && all["inputs"] != nil {
			wrong = json.Unmarshal(all["inputs"], &want.Inputs)
		}
		r, err := ParseRequest(payload)
		if err != nil {
			return
		}
		if wrong != nil {
			t.Fatalf("%q was read", payload)
		}
		count := 0
		for name, text := range want.Inputs {
			if text != nil {
				count++
				if _, ok := r.Inputs[name]; !ok {
					t.Errorf("%q is missing", name)
				}
			}
		}
		if len(r.Inputs) != count {
			t.Errorf("got %d inputs, want %d", len(r.Inputs), count)
		}
	})
}
