package magick

import "strings"

// SplitWords splits a line into words as a POSIX shell does: spaces part words; single quotes keep everything; double
// quotes keep everything but a backslash before \ " $ ` and newline; a backslash outside quotes keeps the next character, and
// takes a newline away. Nothing is expanded, and the characters of the shell's own language mean themselves.
func SplitWords(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	started := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '\t', '\n', '\r':
			if started {
				words = append(words, word.String())
				word.Reset()
				started = false
			}
			continue
		case '\'':
			end := strings.IndexByte(s[i+1:], '\'')
			if end < 0 {
				return nil, public(refused("This single quote is not closed; add the closing one"), s[i:])
			}
			word.WriteString(s[i+1 : i+1+end])
			i += end + 1
		case '"':
			n, ok := copyQuoted(&word, s[i+1:])
			if !ok {
				return nil, public(refused("This double quote is not closed; add the closing one"), s[i:])
			}
			i += n
		case '\\':
			i++
			if i == len(s) {
				return nil, public(refused("A backslash ends the line; put what it keeps behind it, or double it"), s)
			}
			if s[i] == '\n' {
				continue
			}
			word.WriteByte(s[i])
		default:
			word.WriteByte(c)
		}
		started = true
		if len(words) >= maxArguments {
			return nil, public(refused("A line may hold no more than 1000 words; send fewer"), s)
		}
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}

// copyQuoted appends the inside of a double-quoted text to word and gives its length with the closing quote.
func copyQuoted(word *strings.Builder, s string) (int, bool) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return i + 1, true
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\\\"$`\n", s[i+1]) >= 0:
			i++
			if s[i] != '\n' {
				word.WriteByte(s[i])
			}
		default:
			word.WriteByte(s[i])
		}
	}
	return 0, false
}
