package render

import (
	"context"
	"unsafe"
)

// number is the type of a channel's values in memory.
type number interface{ uint8 | uint16 }

// separable filters rows, then columns. Only the rows that a target row needs are kept, so that the memory it takes
// beside its input and output is a few rows.
func separable[T number](ctx context.Context, pix []T, width, height, bands int, across, down []taps) ([]T, error) {
	stride := len(across) * bands
	out := make([]T, stride*len(down))
	window := make(map[int][]T) // filtered source rows that are still needed
	var free [][]T
	sum := make([]int64, stride)
	for y, column := range down {
		if y%16 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for row := range window {
			if row < column.first {
				free = append(free, window[row])
				delete(window, row)
			}
		}
		clear(sum)
		for i, weight := range column.weights {
			row := window[column.first+i]
			if row == nil {
				if n := len(free); n > 0 {
					row, free = free[n-1], free[:n-1]
				} else {
					row = make([]T, stride)
				}
				start := (column.first + i) * width * bands
				filterRowOf(row, pix[start:start+width*bands], bands, across)
				window[column.first+i] = row
			}
			for x, v := range row {
				sum[x] += int64(weight) * int64(v)
			}
		}
		round(out[y*stride:(y+1)*stride], sum)
	}
	return out, nil
}

func filterRowOf[T number](out, row []T, bands int, across []taps) {
	for x := range across {
		tap := &across[x]
		for b := range bands {
			var sum int64
			at := tap.first*bands + b
			for _, weight := range tap.weights {
				sum += int64(weight) * int64(row[at])
				at += bands
			}
			out[x*bands+b] = clamp[T](sum)
		}
	}
}

func round[T number](out []T, sum []int64) {
	for i, v := range sum {
		out[i] = clamp[T](v)
	}
}

// clamp rounds a fixed-point sum to the nearest number and keeps it in range.
func clamp[T number](sum int64) T {
	v := (sum + tapsUnit/2) >> tapsBits
	return T(max(0, min(v, int64(^T(0)))))
}

// words and octets look at the same memory in another way; the machine's byte order is libvips' own.
func words(data []byte) []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(data))), len(data)/2)
}

func octets(data []uint16) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), len(data)*2)
}
