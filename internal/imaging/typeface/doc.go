// Package typeface finds fonts and lays out lines of text in them: names in, outlines and metrics in pixels out.
//
// A font is looked for by the names that ImageMagick knows (Helvetica-Bold is Nimbus Sans Bold, where it is installed), by
// the names of the files in the usual folders, and by the names in them. A font that is not found is the default one, as in
// ImageMagick, which warns and goes on: Nimbus Sans, or the bundled Liberation Sans of the same widths (see NOTICE).
//
// Metrics and advances are those of FreeType with light hinting, which ImageMagick 6.9 asks for: advances in whole pixels,
// heights of small letters and capitals brought to the pixel grid, horizontal shapes left alone.
package typeface
