package cache

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"time"
)

// The file of an answer: the letters "BRC1", a checksum (CRC-32C) of the key and all that follows, the length of what
// describes the answer as four bytes in big-endian order, that as JSON, and the body to the end.
const (
	fileMagic   = "BRC1"
	fileHead    = len(fileMagic) + 4 + 4
	maxDescribe = 1 << 20 // bytes
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errTorn    = errors.New("cache: the file is torn")
)

// description is what stands in a file beside the body.
type description struct {
	Header http.Header
	Etag   string
	Stored time.Time
	About  about
}

// MarshalText and UnmarshalText write digests in hex.
func (d digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *digest) UnmarshalText(text []byte) error {
	parsed, err := parseDigest(string(text))
	*d = parsed
	return err
}

// encode gives what stands before the body in the file of an answer.
func encode(e *entry) ([]byte, error) {
	described, err := json.Marshal(description{e.header, e.etag, e.stored, e.about})
	if err != nil {
		return nil, fmt.Errorf("cache: describe an answer: %w", err)
	}
	head := make([]byte, fileHead, fileHead+len(described))
	copy(head, fileMagic)
	binary.BigEndian.PutUint32(head[8:], uint32(len(described)))
	head = append(head, described...)
	binary.BigEndian.PutUint32(head[4:], checksum(e.key, head[8:], e.body))
	return head, nil
}

func checksum(k key, rest ...[]byte) uint32 {
	sum := crc32.Checksum(k[:], castagnoli)
	for _, part := range rest {
		sum = crc32.Update(sum, castagnoli, part)
	}
	return sum
}

// decode reads the file of an answer. Its body shares the memory of file.
func decode(k key, file []byte) (*entry, error) {
	if len(file) < fileHead || string(file[:4]) != fileMagic || binary.BigEndian.Uint32(file[4:]) != checksum(k, file[8:]) {
		return nil, errTorn
	}
	n := int64(binary.BigEndian.Uint32(file[8:]))
	if n > int64(len(file)-fileHead) {
		return nil, errTorn
	}
	var is description
	if err := json.Unmarshal(file[fileHead:fileHead+int(n)], &is); err != nil {
		return nil, errTorn
	}
	return &entry{
		key: k, status: http.StatusOK, header: is.Header, body: file[fileHead+int(n):], etag: is.Etag, stored: is.Stored, about: is.About,
	}, nil
}

// decodeAbout reads what a file says of its answer, without looking at the body or the checksum.
func decodeAbout(file io.Reader) (about, error) {
	var head [fileHead]byte
	if _, err := io.ReadFull(file, head[:]); err != nil {
		return about{}, errTorn
	}
	n := binary.BigEndian.Uint32(head[8:])
	if string(head[:4]) != fileMagic || n > maxDescribe {
		return about{}, errTorn
	}
	described := make([]byte, n)
	if _, err := io.ReadFull(file, described); err != nil {
		return about{}, errTorn
	}
	var is description
	if err := json.Unmarshal(described, &is); err != nil {
		return about{}, errTorn
	}
	return is.About, nil
}
