package magick

import "strings"

// nearest gives the name that takes the fewest edits to make from s, where a name that s begins counts as more than one and
// fewer than two; "" when none is near. Of two that are equally near, the one with the longer common beginning is taken.
func nearest(s string, names []string) string {
	s = strings.ToLower(s)
	if len(s) > 40 {
		return ""
	}
	best, bestScore := "", 0
	for _, n := range names {
		lower := strings.ToLower(n)
		score := 0
		if e := edits(s, lower); e <= max(1, len(s)/3) {
			score = 100*max(0, 5-e) + commonPrefix(s, lower)
		}
		if len(s) >= 3 && strings.HasPrefix(lower, s) {
			score = max(score, 399-len(n))
		}
		if score > bestScore {
			best, bestScore = n, score
		}
	}
	return best
}

func commonPrefix(a, b string) int {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return i
}

// edits is the optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
func edits(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
