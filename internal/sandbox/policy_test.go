package sandbox

import (
	"reflect"
	"testing"
	"time"
)

func TestPolicyThereAndBack(t *testing.T) {
	want := Policy{
		Read: []string{"/usr/lib", "/with space\"\n"}, Execute: []string{"/bin/x"}, Write: []string{"/tmp/y"}, Connect: []uint16{1, 65535},
		Limits:          Limits{Memory: 1 << 40, OpenFiles: 64, CPU: time.Minute, FileSize: 1},
		KeepAfterParent: true,
	}
	got, err := ParsePolicy(want.Encode())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestPolicyRefused(t *testing.T) {
	for _, text := range []string{
		``, `{`, `{"Raed":["/x"]}`, `{} {}`, `{"Read":["relative"]}`, `{"Limits":{"Memory":-1}}`, `{"Connect":[65536]}`,
	} {
		if p, err := ParsePolicy(text); err == nil {
			t.Errorf("%s is taken as %+v", text, p)
		}
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(Policy{Read: []string{"/a"}, Connect: []uint16{80}}.Encode())
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		if again, err := ParsePolicy(p.Encode()); err != nil || again.Encode() != p.Encode() {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func TestReport(t *testing.T) {
	var r Report
	r.add("files", "version 7", nil)
	if !r.Complete() || r.String() != "files on (version 7)" {
		t.Errorf("%s", r)
	}
	r.add("network", "", errTest{})
	if r.Complete() || r.String() != "files on (version 7), network OFF (no)" {
		t.Errorf("%s", r)
	}
}

type errTest struct{}

func (errTest) Error() string { return "no" }
