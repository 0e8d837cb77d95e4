// Package draw holds ImageMagick's drawing: the language of -draw, the shapes that it names, and how they cover pixels.
// It knows nothing of pictures: a drawing goes in, and what comes out are primitives in pixels and, for each row of the
// canvas, how much of every pixel a shape covers.
//
// Coordinates are ImageMagick's: x to the right, y downwards, and whole numbers are the middles of pixels, so that a
// rectangle from 10,10 to 20,20 covers eleven pixels a side.
//
// A shape covers a pixel wholly whose middle is inside of it, and one whose middle is at a distance d < 1 from its edge by
// (1-d)^2; a stroke is everything up to half its width from the line, and fades out over the pixel behind (MagickCore 6.9,
// draw.c, GetOpacityPixel). Shapes are therefore half a pixel larger than geometry says, as users of ImageMagick expect.
//
// Everything is bounded: the words of a drawing, the points of a shape, the depth of push (see Limits).
package draw
