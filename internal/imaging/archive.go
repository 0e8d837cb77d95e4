package imaging

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"strings"

	"bluerose/internal/imaging/render"
)

// firstDay is the first date that an archive can hold, 1 January 1980, as MS-DOS writes it: the files have no time of their own.
const firstDay = 1<<5 | 1

// zipped gives files as a ZIP archive, in their order: out-0.jpg, out-1.jpg, …, as convert would name them. They are stored
// as they are, for pictures are compressed already, with their sizes before them, so that the archive can be read as a stream.
func zipped(written []render.File) ([]byte, error) {
	size := 0
	for _, file := range written {
		size += len(file.Data) + 256 // its two headers
	}
	var b bytes.Buffer
	b.Grow(size)
	archive := zip.NewWriter(&b)
	for _, file := range written {
		length := uint64(len(file.Data))
		w, err := archive.CreateRaw(&zip.FileHeader{
			Name: "out" + strings.TrimPrefix(file.Name, standardInput) + "." + extension(file.Format), Method: zip.Store,
			ModifiedDate: firstDay, CRC32: crc32.ChecksumIEEE(file.Data), CompressedSize64: length, UncompressedSize64: length,
		})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(file.Data); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// extension gives the extension that files of a format usually have.
func extension(format string) string {
	if format == "jpeg" {
		return "jpg"
	}
	return format
}
