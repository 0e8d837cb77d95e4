package policy_test

import (
	"regexp"
	"strings"
	"testing"

	"bluerose/internal/policy"
)

const (
	invoke = "lambda:InvokeFunction"
	image  = "arn:aws:lambda:us-east-1:123456789012:function:image"
	call   = "execute-api:Invoke"
	ping   = "arn:aws:execute-api:us-east-1:123456789012:bluerose/prod/GET/iam/ImageProcessingService"
)

func TestDecide(t *testing.T) {
	for name, c := range map[string]struct {
		document, action, resource string
		want                       policy.Decision
	}{
		"exact":                       {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"` + image + `"}}`, invoke, image, policy.Allow},
		"other resource":              {`{"Statement":{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"` + image + `"}}`, invoke, image + ":prod", policy.NoMatch},
		"other action":                {`{"Statement":{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}}`, "lambda:DeleteFunction", image, policy.NoMatch},
		"action in any case":          {`{"Statement":{"Effect":"Allow","Action":"Lambda:inv\u004FkeFunction","Resource":"*"}}`, invoke, image, policy.Allow},
		"resource in its case":        {`{"Statement":{"Effect":"Allow","Action":"*","Resource":"` + strings.ToUpper(image) + `"}}`, invoke, image, policy.NoMatch},
		"wildcards":                   {`{"Statement":{"Effect":"Allow","Action":"execute-api:*","Resource":"arn:aws:execute-api:*:*:bluerose/pro?/GET/*"}}`, call, ping, policy.Allow},
		"a question mark is one":      {`{"Statement":{"Effect":"Allow","Action":"*","Resource":"` + image + `?"}}`, invoke, image, policy.NoMatch},
		"stars are any number":        {`{"Statement":{"Effect":"Allow","Action":"***","Resource":"` + image + `**"}}`, invoke, image, policy.Allow},
		"lists":                       {`{"Statement":[{"Effect":"Allow","Action":["a:b","lambda:*"],"Resource":["x","*:image"]}]}`, invoke, image, policy.Allow},
		"deny wins, first":            {`{"Statement":[{"Effect":"Deny","Action":"*","Resource":"` + image + `"},{"Effect":"Allow","Action":"*","Resource":"*"}]}`, invoke, image, policy.Deny},
		"deny wins, last":             {`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"lambda:*","Resource":"*"}]}`, invoke, image, policy.Deny},
		"deny of another":             {`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}`, invoke, image, policy.Allow},
		"not action":                  {`{"Statement":{"Effect":"Allow","NotAction":["lambda:Delete*"],"Resource":"*"}}`, invoke, image, policy.Allow},
		"not action, named":           {`{"Statement":{"Effect":"Allow","NotAction":"LAMBDA:*","Resource":"*"}}`, invoke, image, policy.NoMatch},
		"not resource":                {`{"Statement":{"Effect":"Deny","Action":"*","NotResource":"` + image + `"}}`, invoke, image + ":dev", policy.Deny},
		"not resource, named":         {`{"Statement":{"Effect":"Allow","Action":"*","NotResource":["x","` + image + `"]}}`, invoke, image, policy.NoMatch},
		"no statements":               {`{"Statement":[]}`, invoke, image, policy.NoMatch},
		"allow with a condition":      {`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}}`, invoke, image, policy.NoMatch},
		"deny with a condition":       {`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{}}]}`, invoke, image, policy.Deny},
		"everyone as principal":       {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, invoke, image, policy.Allow},
		"everyone of AWS":             {`{"Statement":{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"*","Resource":"*"}}`, invoke, image, policy.Allow},
		"another principal":           {`{"Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}}`, invoke, image, policy.NoMatch},
		"everyone and more":           {`{"Statement":{"Effect":"Allow","Principal":{"AWS":"*","Service":"x"},"Action":"*","Resource":"*"}}`, invoke, image, policy.NoMatch},
		"not principal":               {`{"Statement":{"Effect":"Allow","NotPrincipal":"*","Action":"*","Resource":"*"}}`, invoke, image, policy.NoMatch},
		"a resource that is too long": {`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, invoke, strings.Repeat("a", 2049), policy.Deny},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := policy.Parse([]byte(c.document))
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Decide(c.action, c.resource); got != c.want || d.Allows(c.action, c.resource) != (c.want == policy.Allow) {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
	if new(policy.Document).Allows(invoke, image) {
		t.Error("the zero value allows something")
	}
}

func TestParseRefuses(t *testing.T) {
	statement := func(elements string) string { return `{"Statement":[{` + elements + `}]}` }
	const rest = `"Action":"*","Resource":"*"`
	for name, document := range map[string]string{
		"nothing":                  ``,
		"no object":                `[]`,
		"no JSON":                  `{"Statement":[}`,
		"cut off":                  `{"Statement":[]`,
		"two documents":            `{"Statement":[]} {}`,
		"no UTF-8":                 "{\"Id\":\"\xff\",\"Statement\":[]}",
		"too long":                 `{"Statement":[]}` + strings.Repeat(" ", policy.MaxSize),
		"no statement":             `{"Version":"2012-10-17"}`,
		"null as statement":        `{"Statement":null}`,
		"a text as statement":      `{"Statement":"x"}`,
		"version":                  `{"Version":"2026-01-01","Statement":[]}`,
		"version in lower case":    `{"version":"2012-10-17","Statement":[]}`,
		"unknown element":          `{"Statement":[],"Statements":[]}`,
		"element twice":            `{"Statement":[],"Statement":[]}`,
		"id":                       `{"Id":1,"Statement":[]}`,
		"sid":                      statement(`"Sid":null,"Effect":"Allow",` + rest),
		"no effect":                statement(rest),
		"unknown effect":           statement(`"Effect":"allow",` + rest),
		"effect twice":             statement(`"Effect":"Deny","Effect":"Allow",` + rest),
		"no action":                statement(`"Effect":"Allow","Resource":"*"`),
		"action and not action":    statement(`"Effect":"Allow","NotAction":"x",` + rest),
		"no resource":              statement(`"Effect":"Allow","Action":"*"`),
		"no resources":             statement(`"Effect":"Allow","Action":"*","Resource":[]`),
		"empty resource":           statement(`"Effect":"Allow","Action":"*","Resource":""`),
		"null among resources":     statement(`"Effect":"Allow","Action":"*","Resource":["*",null]`),
		"a list within a list":     statement(`"Effect":"Allow","Action":"*","Resource":[["*"]]`),
		"policy variable":          statement(`"Effect":"Allow","Action":"*","Resource":"${aws:username}/*"`),
		"unknown statement member": statement(`"Effect":"Allow","Conditions":{},` + rest),
	} {
		if d, err := policy.Parse([]byte(document)); err == nil || d != nil || !strings.HasPrefix(err.Error(), "policy: ") {
			t.Errorf("%s: got %v, %v", name, d, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"y","Effect":"Allow","Principal":{"AWS":"*"},"Action":"lambda:*","Resource":["*"]},{"Effect":"Deny","NotAction":"a","NotResource":"b","Condition":{}}]}`))
	f.Add([]byte(`{"Statement":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := policy.Parse(text)
		if err != nil {
			if d != nil {
				t.Error("an error, and a document")
			}
			return
		}
		// A document that says Allow nowhere, in whatever spelling, allows nothing.
		if d.Allows(invoke, image) && !strings.Contains(string(text), `"Allow"`) {
			t.Errorf("%s allows something", text)
		}
	})
}

// FuzzMatch compares the wildcards with regular expressions.
func FuzzMatch(f *testing.F) {
	f.Add("arn:aws:*:function:im?ge*", image)
	f.Add("*a*a*b", "aaaaaaaaaaaa")
	f.Add("?*?", "a")
	f.Fuzz(func(t *testing.T, pattern, value string) {
		if len(pattern) > 100 || len(value) > 1000 || pattern == "" || strings.Contains(pattern, "${") || !printable(pattern) || !printable(value) {
			return
		}
		d, err := policy.Parse([]byte(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"` + pattern + `"}}`))
		if err != nil {
			t.Fatal(err)
		}
		expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
		if want := regexp.MustCompile(`^` + expression + `$`).MatchString(value); d.Allows(invoke, value) != want {
			t.Errorf("%q of %q: want %v", value, pattern, want)
		}
	})
}

// printable tells whether s is of ASCII that needs no escaping in JSON.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return true
}
