// Package magick parses ImageMagick 6.9's convert language into a Program. It is pure Go: it opens no file, knows no
// pixels and runs nothing.
//
// A convert command line is a list of words that a machine reads from left to right: names read pictures onto the
// current image list, settings (-fill red) change what later words mean, operators (-negate) change every image of the
// list, list operators (-append) change the list itself, parentheses work on a list of their own, and the last word says
// where the result goes. A Program is that list, word by word, checked and typed: every Step names the option's row in
// the table (optiontable.go), the sign it was given with, its argument as a typed Value, and where it stood.
//
// The steps of a Program stand in the order in which ImageMagick carries them out, which is not always the order of the
// words: settings work at once, on pictures that are read later too, while operators before the first picture wait for it.
//
// The table is the language: a row says what an option is called, what it is (setting, operator, list operator, stack),
// what argument each of its two signs takes, and why it is refused when it is. Adding an option is adding a row.
// What runs a Program (package render) has a table of its own, from the same names to functions.
//
// Parse refuses what no engine may ever do (name files of the server, reach hosts, run delegates) and what is not part
// of the language, always with an *event.Error of kind UnsupportedArgument that names the argument and its position.
package magick
