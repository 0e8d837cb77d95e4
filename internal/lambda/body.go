package lambda

import (
	"errors"
	"io"
)

var errTooLarge = errors.New("lambda: body is larger than the limit")

// readBody reads a body of at most limit bytes: into memory of its exact size when length is known (0 or more), else
// into memory that doubles. It gives errTooLarge, as soon as that is known, for more. A body that is in memory already, as
// after its signature was verified, is taken as it is: one that has a method Bytes.
func readBody(body io.Reader, length, limit int64) ([]byte, error) {
	if length > limit {
		return nil, errTooLarge
	}
	if held, ok := body.(interface{ Bytes() []byte }); ok {
		if data := held.Bytes(); int64(len(data)) <= limit {
			return data, nil
		}
		return nil, errTooLarge
	}
	if length >= 0 {
		buf := make([]byte, length)
		_, err := io.ReadFull(body, buf)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return buf, err
	}
	const first = 64 << 10
	buf := make([]byte, 0, first)
	for {
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > limit {
			return nil, errTooLarge
		}
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), 2*cap(buf))
			copy(grown, buf)
			buf = grown
		}
	}
}
