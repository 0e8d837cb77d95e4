package typeface

import (
	"strings"

	"github.com/go-fonts/liberation/liberationmonobold"
	"github.com/go-fonts/liberation/liberationmonobolditalic"
	"github.com/go-fonts/liberation/liberationmonoitalic"
	"github.com/go-fonts/liberation/liberationmonoregular"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansbolditalic"
	"github.com/go-fonts/liberation/liberationsansitalic"
	"github.com/go-fonts/liberation/liberationsansregular"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifbolditalic"
	"github.com/go-fonts/liberation/liberationserifitalic"
	"github.com/go-fonts/liberation/liberationserifregular"
)

// bundled are the fonts that are always there: regular, bold, italic, both.
var bundled = map[string][4][]byte{
	"LiberationSans":  {liberationsansregular.TTF, liberationsansbold.TTF, liberationsansitalic.TTF, liberationsansbolditalic.TTF},
	"LiberationSerif": {liberationserifregular.TTF, liberationserifbold.TTF, liberationserifitalic.TTF, liberationserifbolditalic.TTF},
	"LiberationMono":  {liberationmonoregular.TTF, liberationmonobold.TTF, liberationmonoitalic.TTF, liberationmonobolditalic.TTF},
}

var bundledFamilies = map[string]string{
	"liberationsans": "LiberationSans", "liberationserif": "LiberationSerif", "liberationmono": "LiberationMono",
}

// postscript are PostScript's 35 fonts as ImageMagick 6.9 names them on Debian (type-urw-base35.xml), and the files of their
// free counterparts. Courier alone is missing there, and therefore here.
var postscript = map[string]string{
	"fixed": "NimbusSans-Regular", "helvetica": "NimbusSans-Regular", "helveticabold": "NimbusSans-Bold",
	"helveticaoblique": "NimbusSans-Italic", "helveticaboldoblique": "NimbusSans-BoldItalic",
	"helveticanarrow": "NimbusSansNarrow-Regular", "helveticanarrowbold": "NimbusSansNarrow-Bold",
	"helveticanarrowoblique": "NimbusSansNarrow-Oblique", "helveticanarrowboldoblique": "NimbusSansNarrow-BoldOblique",
	"timesroman": "NimbusRoman-Regular", "timesbold": "NimbusRoman-Bold",
	"timesitalic": "NimbusRoman-Italic", "timesbolditalic": "NimbusRoman-BoldItalic",
	"courierbold": "NimbusMonoPS-Bold", "courieroblique": "NimbusMonoPS-Italic", "courierboldoblique": "NimbusMonoPS-BoldItalic",
	"avantgardebook": "URWGothic-Book", "avantgardebookoblique": "URWGothic-BookOblique",
	"avantgardedemi": "URWGothic-Demi", "avantgardedemioblique": "URWGothic-DemiOblique",
	"bookmanlight": "URWBookman-Light", "bookmanlightitalic": "URWBookman-LightItalic",
	"bookmandemi": "URWBookman-Demi", "bookmandemiitalic": "URWBookman-DemiItalic",
	"newcenturyschlbkroman": "C059-Roman", "newcenturyschlbkbold": "C059-Bold",
	"newcenturyschlbkitalic": "C059-Italic", "newcenturyschlbkbolditalic": "C059-BdIta",
	"palatinoroman": "P052-Roman", "palatinobold": "P052-Bold", "palatinoitalic": "P052-Italic", "palatinobolditalic": "P052-BoldItalic",
	"symbol": "StandardSymbolsPS",
}

// postscriptFamilies are the fonts of a family: regular, bold, italic, both.
var postscriptFamilies = map[string][4]string{
	"helvetica":        {"Helvetica", "Helvetica-Bold", "Helvetica-Oblique", "Helvetica-BoldOblique"},
	"helveticanarrow":  {"Helvetica-Narrow", "Helvetica-Narrow-Bold", "Helvetica-Narrow-Oblique", "Helvetica-Narrow-BoldOblique"},
	"times":            {"Times-Roman", "Times-Bold", "Times-Italic", "Times-BoldItalic"},
	"courier":          {"Courier-Oblique", "Courier-Bold", "Courier-Oblique", "Courier-BoldOblique"},
	"avantgarde":       {"AvantGarde-Book", "AvantGarde-Demi", "AvantGarde-BookOblique", "AvantGarde-DemiOblique"},
	"bookman":          {"Bookman-Light", "Bookman-Demi", "Bookman-LightItalic", "Bookman-DemiItalic"},
	"newcenturyschlbk": {"NewCenturySchlbk-Roman", "NewCenturySchlbk-Bold", "NewCenturySchlbk-Italic", "NewCenturySchlbk-BoldItalic"},
	"palatino":         {"Palatino-Roman", "Palatino-Bold", "Palatino-Italic", "Palatino-BoldItalic"},
	"symbol":           {"Symbol", "Symbol", "Symbol", "Symbol"},
}

// substitute names the bundled family that stands for a file that is not installed.
func substitute(file string) string {
	switch {
	case strings.HasPrefix(file, "NimbusMono"):
		return "LiberationMono"
	case strings.HasPrefix(file, "NimbusRoman"), strings.HasPrefix(file, "URWBookman"), strings.HasPrefix(file, "C059"), strings.HasPrefix(file, "P052"):
		return "LiberationSerif"
	}
	return "LiberationSans"
}
