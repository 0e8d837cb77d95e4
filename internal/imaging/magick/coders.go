package magick

import (
	"slices"
	"strings"
)

// knownCoders are the formats of `convert -list format` and `-list coder` that a name may carry before its colon.
const knownCoders = `8bim 8bimtext 8bimwtext aai afm apng app1 app1jpeg art avif avs bgr bgra bgro bie bmp bmp2 bmp3 brf cal
	cals canvas caption cin cip cmyk cmyka cur cut dcm dcx dds dfont dib djvu dpx dxt1 dxt5 exif exr fax fits fractal fts
	g3 g4 gif gif87 gradient granite gray graya group4 h hald hdr heic heif histogram hrz icb icc icm ico icodib icon info
	ipl iptc iptctext iptcwtext isobrl isobrl6 j2c j2k jbg jbig jng jnx jp2 jpc jpe jpeg jpg jpm jps jpt jpx json jxl label
	logo mac magick map mask mat matte mic miff mng mono mpr mtv netscape null otb otf p7 pal palm pam pango pattern pbm pcd
	pcds pcl pct pcx pdb pes pfa pfb pfm pgm pgx picon pict pix pjpeg plasma pm png png00 png24 png32 png48 png64 png8
	pnm pocketmod ppm preview psb psd ptif pwp radial-gradient ras rgb rgba rgbo rgf rla rle rose scr sct sfw sgi six sixel
	sparse-color stegano sun svg svgz tga thumbnail tif tiff tiff64 tile tim ttc ttf txt ubrl ubrl6 uil uyvy vda vicar viff
	vips vst wbmp webp wizard wmf wmz wpg xbm xc xcf xmp xpm xv xwd ycbcr ycbcra yuv`

// generatedCoders make a picture of what stands behind their colon, which is therefore no name of a file.
const generatedCoders = `canvas caption fractal gradient granite hald label logo magick mpr netscape null pango pattern plasma
	radial-gradient rose tile wizard xc`

// refusal is a set of coders that no engine may run, and why.
type refusal struct {
	coders      string
	reason      refused
	read, write bool // in which directions
}

const noFormat = refused("This format is refused: ")

var refusals = []refusal{
	{"msl msvg mvg text ephemeral inline data fd file vid mpc mpri map-file clip clipboard htm html shtml",
		noFormat + "it reads or writes files of the server, or runs a script", true, true},
	{"url http https ftp", noFormat + "it reaches other hosts; send the picture with the request", true, true},
	{"x win show display screenshot xwd-screen launch print browse edit scan scanx",
		noFormat + "it needs a display or a device of the server", true, true},
	{"ai epdf pdf pdfa epi eps epsf epsi ept ept2 ept3 eps2 eps3 ps ps2 ps3 xps dot gv man hpgl hpg cgm pcl autotrace",
		noFormat + "reading it runs another program on the server; send a picture instead", true, false},
	{"3fr arw cr2 cr3 crw dcr dng erf iiq k25 kdc mef mrw nef nrw orf pef raf raw rmf rw2 sr2 srf x3f",
		noFormat + "reading it runs another program on the server; send a developed picture instead", true, true},
	{"3g2 3gp avi m2v m4v mkv mov mp4 mpeg mpg video webm wmv",
		noFormat + "video runs another program on the server; send pictures or a GIF instead", true, true},
	{"brf cip histogram info isobrl isobrl6 json matte preview sparse-color thumbnail ubrl ubrl6 uil", noFormat + "it is only written; name it last, as the output", true, false},
	{"xtrn xtrnarray xtrnfile xtrnimage xtrnbstr dps hdf5 mscreen delegate", noFormat + "it runs or reads what the server holds", true, true},
}

// refuseCoder gives why a coder may not read (or write), nil when it may.
func refuseCoder(name string, write bool) error {
	for _, r := range refusals {
		if (write && r.write || !write && r.read) && hasWord(r.coders, name) {
			return r.reason
		}
	}
	return nil
}

// hasWord reports whether words, separated by white space, hold name.
func hasWord(words, name string) bool {
	if name == "" {
		return false
	}
	for w := range strings.FieldsSeq(words) {
		if w == name {
			return true
		}
	}
	return false
}

// isCoder reports whether name is a format, allowed or refused.
func isCoder(name string) bool {
	if hasWord(knownCoders, name) {
		return true
	}
	for _, r := range refusals {
		if hasWord(r.coders, name) {
			return true
		}
	}
	return false
}

// Generated reports whether the source is made from its name rather than read: a canvas, a text, a register.
func (s Source) Generated() bool { return hasWord(generatedCoders, s.Coder) }

// Coder is a format that a name may carry before its colon.
type Coder struct {
	Name      string
	Generated bool   // it makes a picture of what stands behind its colon
	Read      string // why no engine may read it; empty when one may
	Write     string // why no engine may write it
}

// Coders gives all coders, in the order of names.
func Coders() []Coder {
	names := strings.Fields(knownCoders)
	for _, r := range refusals {
		names = append(names, strings.Fields(r.coders)...)
	}
	slices.Sort(names)
	var out []Coder
	for _, name := range slices.Compact(names) {
		out = append(out, Coder{Name: name, Generated: hasWord(generatedCoders, name), Read: reason(name, false), Write: reason(name, true)})
	}
	return out
}

// reason gives why a coder is refused, without the words that begin every such message.
func reason(name string, write bool) string {
	err := refuseCoder(name, write)
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(err.Error(), string(noFormat))
}
