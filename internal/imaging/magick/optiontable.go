package magick

// settings are the options that change what later words mean; a plus gives the default back.
func settings() []family {
	return []family{
		{class: Setting, minus: one(ColorArgument), names: "background bordercolor box mattecolor transparent-color undercolor"},
		{class: Setting, minus: one(PaintArgument), names: "fill pen stroke"},
		{class: Setting, minus: one(GeometryArgument), names: "delay density extract size tile-offset"},
		{class: Setting, minus: one(PageArgument), names: "page"},
		{class: Setting, minus: one(SamplingArgument), names: "sampling-factor"},
		{class: Setting, minus: one(NumberArgument), names: `attenuate bias fuzz interline-spacing interword-spacing kerning
			linewidth loop pointsize precision quality scene seed strokewidth treedepth`},
		{class: Setting, minus: one(NumbersArgument), names: "affine blue-primary green-primary red-primary white-point"},
		{class: Setting, minus: one(TextArgument), names: "encoding family font view weight"},
		{class: Setting, minus: one(TemplateArgument), names: "caption comment format label"},
		{class: Setting, minus: one(SourceArgument), names: "texture tile"},
		{class: Setting, minus: one(ChannelArgument), names: "channel"},
		{class: Setting, minus: one(DefineArgument), plus: one(KeyArgument), names: "define"},
		{class: Setting, minus: enum("colorspace"), names: "quantize"},
		{class: Setting, minus: enum("compose"), names: "compose"},
		{class: Setting, minus: enum("compress"), names: "compress"},
		{class: Setting, minus: enum("direction"), names: "direction"},
		{class: Setting, minus: enum("dispose"), names: "dispose"},
		{class: Setting, minus: enum("dither"), names: "dither"},
		{class: Setting, minus: enum("endian"), names: "endian"},
		{class: Setting, minus: enum("filter"), names: "filter"},
		{class: Setting, minus: enum("gravity"), names: "gravity"},
		{class: Setting, minus: enum("intensity"), names: "intensity"},
		{class: Setting, minus: enum("intent"), names: "intent"},
		{class: Setting, minus: enum("interlace"), names: "interlace"},
		{class: Setting, minus: enum("interpolate"), names: "interpolate"},
		{class: Setting, minus: enum("metric"), names: "metric"},
		{class: Setting, minus: enum("orientation"), names: "orient"},
		{class: Setting, minus: enum("preview"), names: "preview"},
		{class: Setting, minus: enum("stretch"), names: "stretch"},
		{class: Setting, minus: enum("style"), names: "style"},
		{class: Setting, minus: enum("units"), names: "units"},
		{class: Setting, minus: enum("virtual-pixel"), names: "virtual-pixel"},
		{class: Setting, names: `adjoin antialias black-point-compensation ping render respect-parentheses
			synchronize taint verbose`},
	}
}

// operators change every image of the current list, one by one.
func operators() []family {
	geometry, numbers, number := one(GeometryArgument), one(NumbersArgument), one(NumberArgument)
	return []family{
		{class: Operator, signs: MinusOnly, minus: geometry, names: `border chop crop extent frame lat resample
			resize roll sample scale shave splice thumbnail`},
		{class: Operator, signs: SameSigns, minus: geometry, names: "adaptive-resize interpolative-resize liquid-rescale"},
		{class: Operator, minus: geometry, names: "geometry region repage"},
		{class: Operator, minus: geometry, plus: geometry, names: "raise"},
		{class: Operator, signs: MinusOnly, minus: numbers, names: `black-threshold blue-shift blur canny charcoal colorize
			cycle edge emboss hough-lines implode kuwahara local-contrast mean-shift median mode modulate motion-blur paint
			posterize random-threshold rotational-blur segment sepia-tone shadow sketch solarize spread swirl tint
			unsharp vignette white-threshold`},
		{class: Operator, signs: SameSigns, minus: numbers, names: `adaptive-blur adaptive-sharpen brightness-contrast
			connected-components contrast-stretch gaussian gaussian-blur linear-stretch radial-blur selective-blur
			sharpen shear wave`},
		{class: Operator, signs: SameSigns, minus: one(AnnotationArgument), names: "rotate"},
		{class: Operator, minus: numbers, plus: numbers, names: "gamma level shade sigmoidal-contrast"},
		{class: Operator, minus: numbers, names: "polaroid threshold"},
		{class: Operator, minus: number, names: "colors depth deskew features"},
		{class: Operator, minus: numbers, plus: enum("noise"), names: "noise"},
		{class: Operator, minus: one(ColorRangeArgument), plus: one(ColorRangeArgument), names: "level-colors"},
		{class: Operator, minus: one(ColorArgument), plus: one(ColorArgument), names: "opaque transparent"},
		{class: Operator, minus: enum("alpha"), names: "alpha"},
		{class: Operator, minus: enum("colorspace"), names: "colorspace"},
		{class: Operator, minus: enum("intensity"), names: "grayscale"},
		{class: Operator, minus: enum("type"), names: "type"},
		{class: Operator, signs: MinusOnly, minus: two(enum("evaluate"), NumberArgument), names: "evaluate"},
		{class: Operator, signs: MinusOnly, minus: two(enum("function"), NumbersArgument), names: "function"},
		{class: Operator, signs: MinusOnly, minus: two(enum("statistic"), GeometryArgument), names: "statistic"},
		{class: Operator, minus: two(enum("distort"), FormulaArgument), plus: two(enum("distort"), FormulaArgument), names: "distort"},
		{class: Operator, signs: MinusOnly, minus: two(enum("sparse-color"), SparseArgument), names: "sparse-color"},
		{class: Operator, signs: SameSigns, minus: two(one(MethodArgument), KernelArgument), names: "morphology"},
		{class: Operator, signs: MinusOnly, minus: one(KernelArgument), names: "color-matrix convolve recolor"},
		{class: Operator, signs: MinusOnly, minus: one(OrderedArgument), names: "ordered-dither"},
		{class: Operator, signs: MinusOnly, minus: two(one(AnnotationArgument), TemplateArgument), names: "annotate"},
		{class: Operator, signs: MinusOnly, minus: one(DrawingArgument), names: "draw"},
		{class: Operator, minus: two(geometry, ColorArgument), plus: two(geometry, ColorArgument), names: "floodfill"},
		{class: Operator, minus: two(one(KeyArgument), TemplateArgument), plus: one(KeyArgument), names: "set"},
		{class: Operator, minus: one(SourceArgument), plus: one(TextArgument), names: "profile"},
		{class: Operator, minus: one(SourceArgument), names: "clip-mask mask"},
		{class: Operator, plural: true, minus: one(SourceArgument), names: "map"},
		// +remap does nothing in 6.9, although its manual says that it works as +map does.
		{class: Operator, signs: MinusOnly, minus: one(SourceArgument), names: "remap"},
		{class: Operator, minus: one(TextArgument), plus: one(TextArgument), names: "clip-path"},
		{class: Operator, names: "clip contrast matte negate"},
		{class: Operator, signs: SameSigns, names: `auto-gamma auto-level auto-orient clamp despeckle enhance equalize flip flop
			identify magnify moments monochrome normalize separate strip transform transpose transverse trim unique-colors`},
	}
}

// listOperators change the current list as a whole.
func listOperators() []family {
	return []family{
		{class: ListOperator, names: "append fft ift"},
		{class: ListOperator, signs: SameSigns, names: `average clut coalesce combine compare composite deconstruct flatten
			hald-clut maximum minimum mosaic reverse`},
		{class: ListOperator, signs: MinusOnly, minus: one(TextArgument), names: "fx"},
		{class: ListOperator, signs: MinusOnly, minus: one(NumberArgument), names: "morph"},
		{class: ListOperator, minus: one(NumberArgument), plus: one(NumberArgument), names: "smush"},
		{class: ListOperator, signs: MinusOnly, minus: one(NumbersArgument), names: "poly"},
		{class: ListOperator, signs: MinusOnly, minus: enum("complex"), names: "complex"},
		{class: ListOperator, signs: MinusOnly, minus: enum("evaluate"), names: "evaluate-sequence"},
		{class: ListOperator, signs: MinusOnly, minus: enum("layers"), names: "layers"},
		{class: ListOperator, signs: MinusOnly, minus: two(one(GeometryArgument), GeometryArgument), names: "copy"},
		{class: ListOperator, minus: one(RangeArgument), names: "clone delete insert swap"},
		{class: ListOperator, minus: one(DuplicateArgument), names: "duplicate"},
		{class: ListOperator, minus: one(RegisterArgument), plus: one(RegisterArgument), names: "write"},
		{class: ListOperator, signs: MinusOnly, minus: one(TemplateArgument), names: "print"},
	}
}

// otherOptions are accepted without effect, or refused.
func otherOptions() []family {
	text := one(TextArgument)
	return []family{
		{class: Setting, ignored: true, names: "monitor noop quiet regard-warnings"},
		{class: Setting, ignored: true, minus: text, names: "cache debug log"},
		// The service has limits of its own, which no caller can raise or needs to lower.
		{class: Setting, ignored: true, minus: two(text, TextArgument), names: "limit"},
		{class: Setting, refused: "it runs code on the server", minus: text, names: "process"},
		{class: Setting, refused: "secrets do not belong into arguments", minus: text, names: "authenticate"},
		{class: Setting, refused: "it reads a pass phrase from a file", minus: text, names: "decipher encipher"},
		{class: Setting, refused: "it reads a file of colour corrections", minus: text, names: "cdl"},
		{class: Setting, refused: "there is no display", minus: text, names: "display"},
		{class: Setting, refused: "it measures the server, not a picture", minus: text, names: "bench concurrent duration"},
		{class: Setting, refused: "it is not part of a conversion", minus: text, names: "list"},
		{class: Setting, refused: "it is not part of a conversion", names: "help version"},
		{class: Setting, refused: "it is not part of a conversion", minus: two(text, TextArgument), names: "concatenate"},
	}
}
