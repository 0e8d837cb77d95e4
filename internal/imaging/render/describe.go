package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// identify prints what identify says of every picture: -format's text, else a line.
func (m *machine) identify(list []*Picture) error {
	if step, ok := m.settings.given("format"); ok {
		for i := range list {
			text, err := m.expanded(step.Value, list, i)
			if err != nil {
				return err
			}
			m.text.WriteString(text)
			if m.text.Len() > templateMax {
				return refuse(step, "the text is longer than %d bytes; ask for less", templateMax)
			}
		}
		return nil
	}
	for i, p := range list {
		m.text.WriteString(p.line(list, i))
	}
	return nil
}

// line gives the line that identify prints of a picture.
func (p *Picture) line(list []*Picture, i int) string {
	about := subject{p: p, list: list, index: i}
	name := about.name()
	if len(list) > 1 {
		name += "[" + itoa(i) + "]"
	}
	if generated := p.Bytes == 0 && p.Name == ""; generated {
		name = p.Format + ":"
	}
	out := fmt.Sprintf("%s %s %dx%d %s %d-bit ", name, magickName(p.Format), p.Width(), p.Height(), p.pageText(), p.Depth)
	if p.Space == Gray && p.class() == "DirectClass" {
		if p.Depth == 1 && !p.Alpha() {
			out += "Bilevel "
		} else {
			out += "Grayscale "
		}
	}
	out += string(p.Space) + " "
	if p.class() == "PseudoClass" && p.Colors > 0 {
		out += itoa(p.Colors) + "c "
	}
	// The bytes of a file are those of its last frame, as ImageMagick has them.
	if last := i == len(list)-1 || list[i+1].Name != p.Name; last && p.Bytes > 0 {
		out += sizeText(p.Bytes, 1024, "iB") + " "
	}
	return out + "0.000u 0:00.000\n"
}

// describe gives what identify -verbose says of a picture, with its names in lower case.
func (m *machine) describe(p *Picture) ([]Property, error) {
	f := formatNamed(p.Format)
	if f == nil {
		f = &format{name: p.Format}
	}
	statistics, err := p.statistics()
	if err != nil {
		return nil, err
	}
	kind, err := p.typeName()
	if err != nil {
		return nil, err
	}
	overall := statistics.pooled(len(statistics.bands))
	list := []Property{
		{"name", p.Name}, {"format", magickName(p.Format)}, {"format name", f.title}, {"mime type", f.media}, {"class", p.class()},
		{"width", p.Width()}, {"height", p.Height()}, {"geometry", fmt.Sprintf("%dx%d%+d%+d", p.Width(), p.Height(), 0, 0)},
	}
	if p.DensityX > 0 {
		list = append(list, Property{"resolution", decimal(p.DensityX) + "x" + decimal(p.DensityY)},
			Property{"print size", decimal(float64(p.Width())/p.DensityX) + "x" + decimal(float64(p.Height())/p.DensityY)})
	}
	list = append(list, Property{"units", p.Units}, Property{"colorspace", string(p.Space)}, Property{"type", kind}, Property{"depth", p.Depth},
		Property{"channels", p.channelNames()}, Property{"alpha", p.Alpha()})
	if p.Colors > 0 {
		list = append(list, Property{"colors", p.Colors})
	}
	for band, name := range p.bandNames() {
		list = append(list, p.summary("channel statistics: "+name, statistics.bands[band])...)
	}
	list = append(list, p.summary("image statistics", overall)...)
	list = append(list, Property{"interlace", p.interlacing()}, Property{"page geometry", p.pageText()},
		Property{"dispose", disposalNames[p.Dispose&3]}, Property{"iterations", p.Loop}, Property{"delay", p.Delay},
		Property{"compression", p.compression()}, Property{"orientation", orientations[min(max(p.Orientation, 0), 8)]})
	if p.Quality > 0 {
		list = append(list, Property{"quality", float64(p.Quality) / 100})
	}
	for _, name := range slices.Sorted(maps.Keys(p.Profiles)) {
		list = append(list, Property{"profile " + name, fmt.Sprintf("%d bytes", len(p.Profiles[name]))})
	}
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		list = append(list, Property{strings.ToLower(name), p.Properties[name]})
	}
	return append(list, Property{"filesize", sizeText(p.Bytes, 1000, "B")}, Property{"number pixels", p.Width() * p.Height()}), nil
}

func (p *Picture) bandNames() []string {
	names := map[Space][]string{Gray: {"gray"}, CMYK: {"cyan", "magenta", "yellow", "black"}}[p.Space]
	if names == nil {
		names = []string{"red", "green", "blue"}
	}
	if p.Alpha() {
		names = append(names, "alpha")
	}
	return names
}

// summary gives statistics on the scale of the picture's depth, and as shares of the full range.
func (p *Picture) summary(of string, v moments) []Property {
	value := func(x float64) string {
		return decimal(x*p.Max()/fullRange) + " (" + decimal(x/fullRange) + ")"
	}
	return []Property{
		{of + " min", value(v.min)}, {of + " max", value(v.max)}, {of + " mean", value(v.mean)},
		{of + " standard deviation", value(v.deviation)}, {of + " kurtosis", decimal(v.kurtosis)}, {of + " skewness", decimal(v.skewness)},
	}
}
