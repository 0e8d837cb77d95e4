package magick

import (
	"reflect"
	"strings"
	"testing"
)

func TestSplitWords(t *testing.T) {
	for in, want := range map[string][]string{
		"":                             nil,
		" \t\n":                        nil,
		"-resize 512x -negate":         {"-resize", "512x", "-negate"},
		`-annotate +0+0 'a  b' "c 'd"`: {"-annotate", "+0+0", "a  b", "c 'd"},
		`644x644\! 100x\>`:             {"644x644!", "100x>"},
		`a'b'"c"\d`:                    {"abcd"},
		`'' ""`:                        {"", ""},
		`"a\"b\\c\$d\n"`:               {`a"b\c$d\n`},
		`'a\'b`:                        {`a\b`},
		"a\\\nb":                       {"ab"},
		"$HOME `id` *.png ; | & ~":     {"$HOME", "`id`", "*.png", ";", "|", "&", "~"},
		"# not a comment":              {"#", "not", "a", "comment"},
	} {
		if got, err := SplitWords(in); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		`-fill 'a`:                 `"'a": This single quote is not closed; add the closing one`,
		`-fill "a`:                 `""a": This double quote is not closed; add the closing one`,
		`"a\"`:                     `""a\"": This double quote is not closed; add the closing one`,
		`a\`:                       `"a\": A backslash ends the line; put what it keeps behind it, or double it`,
		strings.Repeat("a ", 1001): `"` + strings.Repeat("a ", 30) + `…": A line may hold no more than 1000 words; send fewer`,
	} {
		if got, err := SplitWords(in); err == nil || err.Error() != want {
			t.Errorf("%q: %q, %v; want %s", in, got, err, want)
		}
	}
}

func FuzzSplitWords(f *testing.F) {
	for _, s := range []string{`-annotate +0+0 'a  b' "c 'd"`, `a\ b`, `"\"`, "''"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words, err := SplitWords(s)
		if err != nil {
			return
		}
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		again, err := SplitWords(strings.Join(quoted, " "))
		if err != nil || strings.Join(again, "\x00") != strings.Join(words, "\x00") || len(again) != len(words) {
			t.Errorf("%q is %q, quoted again %q (%v)", s, words, again, err)
		}
	})
}
