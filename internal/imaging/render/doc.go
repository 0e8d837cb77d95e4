// Package render runs a magick.Program on libvips: programs and picture bytes go in, encoded bytes and text come out.
//
// A machine (machine.go) walks the program's steps over a stack of picture lists, as ImageMagick's convert does. What a
// step does is looked up in four tables, from the names that package magick gives to functions:
//
//	settings       need no row: the machine keeps the last step of each name, and settings.go gives them their types
//	operators      one Picture in, one out               (or none, or several: a crop into tiles)
//	listOperators  the whole current list in, a list out
//	generators     pictures from nothing: xc:, gradient:, rose:
//
// An option that magick knows and no table has is refused by Check, by name and position, before anything runs.
//
// # Pictures
//
// A Picture is an image and what ImageMagick knows beside the pixels: the virtual canvas, delay and disposal, depth,
// density, the format and quality that it was read with, properties. Pixels have one form throughout, so that every
// operator can rely on it: Uchar for a depth of up to 8, Ushort above; 1 band of gray, 3 of sRGB or 4 of CMYK (any other
// colourspace is 3 bands that Picture.space names), and alpha as one band more, never premultiplied. A picture is either
// computed or a plan that libvips has yet to run; an operator that needs the numbers themselves calls settle first.
//
// # Speed
//
// A picture that was just read is not decoded: it remembers its bytes (Picture.source), and a resize that comes while
// nothing has touched the pixels decodes it again at the smallest size that will do (shrink on load), whatever was
// said in between about orientation, profiles or settings. Operators whose rows come from the same rows leave a trail
// (trail.go), along which the picture is decoded, changed and encoded in one pass. Everything else works on decoded memory.
// Before what decides by the last bit of a value (resize_exact.go), a resize gives 16 bits of the whole picture.
//
// # Limits
//
// Sizes are checked from the header before a picture is decoded, and from the geometry before an operator enlarges one
// (machine.admit): width x height x frames against Limits. The context is the deadline of everything.
package render
