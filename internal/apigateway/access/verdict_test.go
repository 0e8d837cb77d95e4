package access

import "testing"

func FuzzParseVerdict(f *testing.F) {
	f.Add([]byte(`{"principalId":"ada","policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}},"context":{"a":"b","c":1,"d":true}}`))
	f.Add([]byte(`{"principalId":"","policyDocument":{"Statement":[]},"context":{"principalId":"eve"}}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		v, err := parseVerdict(answer)
		if err != nil {
			return
		}
		if v.policy == nil || v.context["principalId"] != v.principal {
			t.Errorf("got %+v", v)
		}
		for name, value := range v.context {
			if _, ok := value.(string); !ok {
				t.Errorf("%s is %T", name, value)
			}
		}
	})
}
