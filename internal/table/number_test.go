package table

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

func TestDecimal(t *testing.T) {
	for text, want := range map[string]json.Number{
		"0": "0", "-0.00": "0", "+1": "1", "1.50": "1.5", "150e-2": "1.5", "15E1": "150", "0.0015e3": "1.5", "-.5": "-0.5", "5.": "5",
		"1e125": json.Number("1" + strings.Repeat("0", 125)), "1e-125": json.Number("0." + strings.Repeat("0", 124) + "1"),
		"00012": "12", strings.Repeat("9", 38): json.Number(strings.Repeat("9", 38)),
	} {
		if got, err := Decimal(text); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-", ".", "e", "1e", "1e1e1", "--1", "1.2.3", "NaN", "Infinity", "0x1", "1e126", "1e-126", "1e9999999999", strings.Repeat("9", 39), " 1"} {
		if got, err := Decimal(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// FuzzDecimal compares with math/big: what is taken keeps its value, and its spelling stays.
func FuzzDecimal(f *testing.F) {
	f.Add("-12.50e3")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Decimal(text)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(text)
		if is, _ := new(big.Rat).SetString(string(got)); !ok || is.Cmp(want) != 0 {
			t.Errorf("%q became %s", text, got)
		}
		if again, err := Decimal(string(got)); err != nil || again != got || !json.Valid([]byte(got)) {
			t.Errorf("%s became %s, %v", got, again, err)
		}
	})
}
