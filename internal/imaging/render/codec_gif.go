package render

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"io"
	"math"
	"slices"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// gifFile is a GIF89a file taken apart: everything but the pixels, which stay packed.
type gifFile struct {
	Width, Height int
	Global        []byte // three bytes a colour
	Background    int    // an index of Global
	Loop          int    // how often the frames are played, 0 for ever
	Comment       []byte
	Frames        []gifFrame
}

// gifFrame is an image of a GIF as the file stores it, a part of the screen.
type gifFrame struct {
	Page        Page
	Width       int
	Height      int
	Palette     []byte
	Interlaced  bool
	Delay       int
	Dispose     Disposal
	Transparent int           // an index of the palette, -1 for none
	Background  *magick.Color // nil for a frame that has a palette of its own
	codeSize    byte
	data        []byte // sub-blocks
}

var errGIF = errors.New("gif: the blocks do not fit together")

// parseGIF takes a GIF apart. It stops with the error of admit, which is told the size of the screen, the number of
// frames and the pixels of all frames found so far. A file that ends without a trailer is taken as it is.
func parseGIF(data []byte, admit func(width, height, frames int, pixels int64) error) (*gifFile, error) {
	if len(data) < 13 {
		return nil, errGIF
	}
	g := &gifFile{Loop: 1, Width: int(binary.LittleEndian.Uint16(data[6:])), Height: int(binary.LittleEndian.Uint16(data[8:])),
		Background: int(data[11])}
	rest := data[13:]
	var ok bool
	if g.Global, rest, ok = gifColours(data[10], rest); !ok {
		return nil, errGIF
	}
	next := gifFrame{Transparent: -1}
	pixels := int64(0)
	for len(rest) > 0 {
		var err error
		switch kind := rest[0]; kind {
		case ',':
			if rest, err = next.parse(rest[1:], g); err != nil {
				return nil, err
			}
			pixels += int64(next.Width) * int64(next.Height)
			if err := admit(max(g.Width, next.Width), max(g.Height, next.Height), len(g.Frames)+1, pixels); err != nil {
				return nil, err
			}
			g.Frames = append(g.Frames, next)
			next = gifFrame{Transparent: -1}
		case '!':
			if rest, err = g.extension(rest[1:], &next); err != nil {
				return nil, err
			}
		case ';':
			rest = nil
		default:
			if len(g.Frames) == 0 {
				return nil, errGIF
			}
			rest = nil // what stands behind the last frame is not GIF
		}
	}
	if len(g.Frames) == 0 {
		return nil, errGIF
	}
	return g, nil
}

// gifColours takes a colour table off rest where the flags say that there is one.
func gifColours(flags byte, rest []byte) (table, after []byte, ok bool) {
	if flags&0x80 == 0 {
		return nil, rest, true
	}
	size := 3 << (flags&7 + 1)
	if len(rest) < size {
		return nil, nil, false
	}
	return rest[:size], rest[size:], true
}

// parse reads an image descriptor and what belongs to it.
func (f *gifFrame) parse(rest []byte, g *gifFile) ([]byte, error) {
	if len(rest) < 10 {
		return nil, errGIF
	}
	side := func(at int) int { return int(binary.LittleEndian.Uint16(rest[at:])) }
	f.Page = Page{Width: g.Width, Height: g.Height, X: side(0), Y: side(2)}
	f.Width, f.Height = side(4), side(6)
	flags := rest[8]
	f.Interlaced = flags&0x40 != 0
	local, rest, ok := gifColours(flags, rest[9:])
	if !ok || len(rest) == 0 || f.Width == 0 || f.Height == 0 {
		return nil, errGIF
	}
	f.Palette = local
	if local == nil {
		f.Palette = g.Global
		f.Background = g.background()
	}
	f.codeSize = rest[0]
	f.data = rest[1:]
	rest, _ = gifBlocks(rest[1:], nil)
	return rest, nil
}

// background gives the colour of the screen, as ImageMagick takes it: the last of the palette when the index is beyond.
func (g *gifFile) background() *magick.Color {
	if len(g.Global) == 0 {
		return nil
	}
	c := g.Global[3*min(g.Background, len(g.Global)/3-1):]
	return &magick.Color{Red: uint16(c[0]) * 257, Green: uint16(c[1]) * 257, Blue: uint16(c[2]) * 257, Alpha: fullRange}
}

// extension reads an extension block into the file or the frame that comes next.
func (g *gifFile) extension(rest []byte, next *gifFrame) ([]byte, error) {
	if len(rest) < 2 {
		return nil, nil
	}
	label := rest[0]
	var body []byte
	rest, first := gifBlocks(rest[1:], &body)
	switch {
	case label == 0xf9 && first >= 4:
		next.Dispose = Disposal(body[0] >> 2 & 7)
		next.Delay = int(binary.LittleEndian.Uint16(body[1:]))
		if body[0]&1 != 0 {
			next.Transparent = int(body[3])
		}
	case label == 0xfe:
		g.Comment = body
	case label == 0xff && first == 11 && string(body[:11]) == "NETSCAPE2.0" && len(body) >= 14 && body[11] == 1:
		if g.Loop = int(binary.LittleEndian.Uint16(body[12:])); g.Loop > 0 {
			g.Loop++
		}
	}
	return rest, nil
}

const gifExtensionMax = 64 << 10 // bytes of an extension that are kept

// gifBlocks walks sub-blocks, appends what they hold to body, and gives what stands behind them and the first one's size.
func gifBlocks(rest []byte, body *[]byte) (after []byte, first int) {
	for i := 0; len(rest) > 0; i++ {
		size := int(rest[0])
		if size == 0 {
			return rest[1:], first
		}
		end := min(1+size, len(rest))
		if body != nil && len(*body) < gifExtensionMax {
			*body = append(*body, rest[1:end]...)
		}
		if i == 0 {
			first = end - 1
		}
		rest = rest[end:]
	}
	return nil, first
}

// blockReader reads what sub-blocks hold.
type blockReader struct{ rest, block []byte }

func (r *blockReader) ReadByte() (byte, error) {
	for len(r.block) == 0 {
		if len(r.rest) == 0 || r.rest[0] == 0 || len(r.rest) < 1+int(r.rest[0]) {
			return 0, io.ErrUnexpectedEOF
		}
		size := int(r.rest[0])
		r.block, r.rest = r.rest[1:1+size], r.rest[1+size:]
	}
	c := r.block[0]
	r.block = r.block[1:]
	return c, nil
}

func (r *blockReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}

// indexes unpacks the frame: one index of the palette a pixel, row by row.
func (f *gifFrame) indexes() ([]byte, error) {
	if f.codeSize < 2 || f.codeSize > 8 {
		return nil, errGIF
	}
	r := lzw.NewReader(&blockReader{rest: f.data}, lzw.LSB, int(f.codeSize))
	pix := make([]byte, f.Width*f.Height)
	if _, err := io.ReadFull(r, pix); err != nil {
		return nil, err
	}
	if !f.Interlaced {
		return pix, nil
	}
	rows := make([]byte, len(pix))
	from := 0
	for _, pass := range [...]struct{ start, step int }{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		for y := pass.start; y < f.Height; y += pass.step {
			copy(rows[y*f.Width:(y+1)*f.Width], pix[from:])
			from += f.Width
		}
	}
	return rows, nil
}

// pixels gives the frame's pixels: three bytes each, four where it has a transparent colour.
func (f *gifFrame) pixels() (pix []byte, bands int, err error) {
	indexes, err := f.indexes()
	if err != nil {
		return nil, 0, err
	}
	bands = 3
	if f.Transparent >= 0 {
		bands = 4
	}
	var table [256][4]byte
	for i := range table {
		table[i][3] = 255
		if 3*i+3 <= len(f.Palette) {
			copy(table[i][:3], f.Palette[3*i:])
		}
	}
	if f.Transparent >= 0 {
		table[f.Transparent][3] = 0
	}
	pix = make([]byte, 0, len(indexes)*bands)
	for _, index := range indexes {
		pix = append(pix, table[index][:bands]...)
	}
	return pix, bands, nil
}

// decodeGIF reads the frames of a GIF as they are stored: each a part of the screen, with its place, delay and disposal.
func decodeGIF(m *machine, src *source) ([]*Picture, error) {
	limits := m.engine.limits
	g, err := parseGIF(src.data, func(width, height, frames int, pixels int64) error {
		if err := limits.admit(width, height, 1); err != nil {
			return err
		}
		if pixels > limits.Pixels {
			return limits.admit(width, height, frames)
		}
		return limits.admit(1, 1, frames)
	})
	if err != nil {
		return nil, asBroken(src.format, err)
	}
	wanted, err := src.wanted(len(g.Frames))
	if err != nil {
		return nil, err
	}
	var list []*Picture
	for _, i := range wanted {
		if err := m.scope.Context().Err(); err != nil {
			return nil, err
		}
		p, err := m.gifPicture(src, g, i)
		if err != nil {
			return nil, asBroken(src.format, err)
		}
		list = append(list, p)
	}
	return list, nil
}

// asBroken keeps an error that is public already, and makes a broken picture of any other.
func asBroken(f *format, err error) error {
	var public *event.Error
	if errors.As(err, &public) {
		return public
	}
	return broken(f, err)
}

func (m *machine) gifPicture(src *source, g *gifFile, i int) (*Picture, error) {
	f := &g.Frames[i]
	pix, bands, err := f.pixels()
	if err != nil {
		return nil, err
	}
	img, err := m.scope.FromPixels(pix, f.Width, f.Height, bands, vips.Uchar, vips.SRGB)
	if err != nil {
		return nil, err
	}
	p := m.picture(img, src)
	p.settled, p.Palette, p.Colors, p.Scene = true, true, len(f.Palette)/3, i
	p.Page, p.Delay, p.Dispose, p.Loop, p.Interlace = f.Page, f.Delay, f.Dispose, g.Loop, f.Interlaced
	p.Background = f.Background
	if len(g.Comment) > 0 {
		p.Properties["comment"] = string(g.Comment)
	}
	return p, nil
}

// encodeGIF writes frames at their places on the canvas, each with a palette of its own.
func encodeGIF(m *machine, list []*Picture, _ magick.Target) ([]byte, error) {
	file := &gif.GIF{LoopCount: gifLoop(list)}
	for _, p := range list {
		canvasWidth, canvasHeight := p.canvas()
		at := image.Pt(max(p.Page.X, 0), max(p.Page.Y, 0))
		frame, err := m.indexed(p, gifColoursMax)
		if err != nil {
			return nil, err
		}
		frame.Rect = frame.Rect.Add(at)
		file.Image = append(file.Image, frame)
		file.Delay = append(file.Delay, min(max(p.Delay, 0), math.MaxUint16))
		file.Disposal = append(file.Disposal, byte(p.Dispose))
		file.Config.Width = max(file.Config.Width, canvasWidth, frame.Rect.Max.X)
		file.Config.Height = max(file.Config.Height, canvasHeight, frame.Rect.Max.Y)
	}
	if max(file.Config.Width, file.Config.Height) > math.MaxUint16 {
		return nil, event.Errorf(event.LimitExceeded, "A GIF has at most 65535 pixels a side; make the canvas smaller")
	}
	ground := m.ground(list[0])
	file.Config.ColorModel = file.Image[0].Palette
	file.BackgroundIndex = byte(max(0, slices.Index(file.Image[0].Palette,
		color.Color(color.NRGBA{narrow(ground.Red), narrow(ground.Green), narrow(ground.Blue), 255}))))
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, file); err != nil {
		return nil, err
	}
	return withGIFComment(out.Bytes(), list[0].Properties["comment"]), nil
}

const gifColoursMax = 256

// gifLoop gives what the animation extension says: how often to play again, 0 for ever, -1 for no extension.
func gifLoop(list []*Picture) int {
	if len(list) == 1 || list[0].Loop == 1 {
		return -1
	}
	return min(max(list[0].Loop-1, 0), math.MaxUint16)
}

// withGIFComment puts a comment extension before the trailer.
func withGIFComment(data []byte, comment string) []byte {
	if comment == "" {
		return data
	}
	out := append(data[:len(data)-1:len(data)-1], '!', 0xfe)
	for len(comment) > 0 {
		n := min(len(comment), 255)
		out = append(append(out, byte(n)), comment[:n]...)
		comment = comment[n:]
	}
	return append(out, 0, ';')
}
