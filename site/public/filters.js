// The one table of filters. `args` is a template of ImageMagick arguments in which {name} stands for a parameter; the
// same template writes a filter into the arguments and finds it again in arguments that somebody typed (chain.js).
//
// Parameters: kind 'number' {min, max, step, value, unit?, optional?} (an optional one may be empty), kind 'choice'
// {choices: [[value, label], …], value}, kind 'colour' {value: '#rrggbb'}. The range is the slider's; what is typed may
// go beyond it, and the service has the last word.

const number = (name, label, min, max, step, value, more = {}) => ({
  kind: 'number', name, label, min, max, step, value: String(value), ...more,
});
const choice = (name, label, value, choices) => ({ kind: 'choice', name, label, value, choices });
const colour = (name, label, value) => ({ kind: 'colour', name, label, value });

const percent = { unit: '%' };
const pixels = { unit: 'px' };
const degrees = { unit: '°' };
const sigma = (value) => number('sigma', 'Sigma', 0.1, 20, 0.1, value, pixels);
const radius = (value) => number('radius', 'Radius', 0, 10, 0.5, value, pixels);
const side = (name, label, value) => number(name, label, 1, 2048, 1, value, { ...pixels, optional: true });

/** Filters in the order in which the page shows them. `id` never changes; `group` is one of GROUPS. */
export const FILTERS = [
  { id: 'negate', label: 'Negate', group: 'Colour', args: ['-negate'], parameters: [] },
  { id: 'grayscale', label: 'Grayscale', group: 'Colour', args: ['-colorspace', 'Gray'], parameters: [] },
  { id: 'sepia', label: 'Sepia', group: 'Colour', args: ['-sepia-tone', '{threshold}%'],
    parameters: [number('threshold', 'Threshold', 0, 100, 1, 80, percent)] },
  { id: 'brightness-contrast', label: 'Brightness, contrast', group: 'Colour',
    args: ['-brightness-contrast', '{brightness}x{contrast}'],
    parameters: [number('brightness', 'Brightness', -100, 100, 1, 10, percent),
      number('contrast', 'Contrast', -100, 100, 1, 20, percent)] },
  { id: 'modulate', label: 'Saturation, hue', group: 'Colour', args: ['-modulate', '{brightness},{saturation},{hue}'],
    parameters: [number('brightness', 'Brightness', 0, 200, 1, 100, percent),
      number('saturation', 'Saturation', 0, 300, 1, 140, percent), number('hue', 'Hue', 0, 200, 1, 100, percent)] },
  { id: 'gamma', label: 'Gamma', group: 'Colour', args: ['-gamma', '{gamma}'],
    parameters: [number('gamma', 'Gamma', 0.1, 4, 0.05, 1.4)] },
  { id: 'level', label: 'Levels', group: 'Colour', args: ['-level', '{black}%,{white}%'],
    parameters: [number('black', 'Black point', 0, 100, 1, 5, percent),
      number('white', 'White point', 0, 100, 1, 95, percent)] },
  { id: 'normalize', label: 'Normalize', group: 'Colour', args: ['-normalize'], parameters: [] },
  { id: 'auto-level', label: 'Auto level', group: 'Colour', args: ['-auto-level'], parameters: [] },
  { id: 'posterize', label: 'Posterize', group: 'Colour', args: ['-posterize', '{levels}'],
    parameters: [number('levels', 'Levels', 2, 32, 1, 4)] },
  { id: 'solarize', label: 'Solarize', group: 'Colour', args: ['-solarize', '{threshold}%'],
    parameters: [number('threshold', 'Threshold', 0, 100, 1, 50, percent)] },
  { id: 'threshold', label: 'Threshold', group: 'Colour', args: ['-threshold', '{threshold}%'],
    parameters: [number('threshold', 'Threshold', 0, 100, 1, 50, percent)] },

  { id: 'blur', label: 'Blur', group: 'Detail', args: ['-blur', '0x{sigma}'], parameters: [sigma(2)] },
  { id: 'sharpen', label: 'Sharpen', group: 'Detail', args: ['-sharpen', '0x{sigma}'], parameters: [sigma(1)] },
  { id: 'unsharp', label: 'Unsharp mask', group: 'Detail', args: ['-unsharp', '0x{sigma}'], parameters: [sigma(1)] },
  { id: 'median', label: 'Median', group: 'Detail', args: ['-median', '{radius}'], parameters: [radius(1)] },

  { id: 'edge', label: 'Edge', group: 'Art', args: ['-edge', '{radius}'], parameters: [radius(1)] },
  { id: 'charcoal', label: 'Charcoal', group: 'Art', args: ['-charcoal', '{radius}'], parameters: [radius(1)] },
  { id: 'paint', label: 'Oil paint', group: 'Art', args: ['-paint', '{radius}'], parameters: [radius(2)] },
  { id: 'emboss', label: 'Emboss', group: 'Art', args: ['-emboss', '{radius}'], parameters: [radius(1)] },
  { id: 'swirl', label: 'Swirl', group: 'Art', args: ['-swirl', '{degrees}'],
    parameters: [number('degrees', 'Degrees', -360, 360, 5, 90, degrees)] },
  { id: 'implode', label: 'Implode', group: 'Art', args: ['-implode', '{amount}'],
    parameters: [number('amount', 'Amount', -1, 1, 0.05, 0.4)] },

  { id: 'thumbnail', label: 'Thumbnail', group: 'Shape', args: ['-thumbnail', '{width}x{height}'],
    parameters: [side('width', 'Width', 128), side('height', 'Height', 128)] },
  { id: 'resize', label: 'Resize', group: 'Shape', args: ['-resize', '{width}x{height}{fit}'],
    parameters: [side('width', 'Width', 512), side('height', 'Height', 512),
      choice('fit', 'Fit', '', [['', 'inside'], ['^', 'cover'], ['!', 'exactly'], ['>', 'only shrink'],
        ['<', 'only enlarge']])] },
  { id: 'crop', label: 'Crop', group: 'Shape', args: ['-gravity', '{gravity}', '-crop', '{width}x{height}+0+0', '+repage'],
    parameters: [number('width', 'Width', 1, 2048, 1, 40, pixels), number('height', 'Height', 1, 2048, 1, 40, pixels),
      choice('gravity', 'Gravity', 'Center', ['NorthWest', 'North', 'NorthEast', 'West', 'Center', 'East', 'SouthWest',
        'South', 'SouthEast'].map((g) => [g, g]))] },
  { id: 'rotate', label: 'Rotate', group: 'Shape', args: ['-rotate', '{degrees}'],
    parameters: [number('degrees', 'Degrees', -180, 180, 1, 90, degrees)] },
  { id: 'flip', label: 'Flip', group: 'Shape', args: ['-flip'], parameters: [] },
  { id: 'flop', label: 'Flop', group: 'Shape', args: ['-flop'], parameters: [] },
  { id: 'auto-orient', label: 'Auto-orient', group: 'Shape', args: ['-auto-orient'], parameters: [] },
  { id: 'trim', label: 'Trim', group: 'Shape', args: ['-trim', '+repage'], parameters: [] },
  { id: 'border', label: 'Border', group: 'Shape', args: ['-bordercolor', '{colour}', '-border', '{width}'],
    parameters: [colour('colour', 'Colour', '#1d3fb8'), number('width', 'Width', 1, 64, 1, 4, pixels)] },
  { id: 'roll', label: 'Roll', group: 'Shape', args: ['-roll', '+{x}+{y}'],
    parameters: [number('x', 'Right', 0, 1024, 1, 20, pixels), number('y', 'Down', 0, 1024, 1, 0, pixels)] },

  { id: 'quality', label: 'Quality', group: 'File', args: ['-quality', '{quality}'],
    parameters: [number('quality', 'Quality', 1, 100, 1, 80)] },
  { id: 'strip', label: 'Strip metadata', group: 'File', args: ['-strip'], parameters: [] },
  { id: 'interlace', label: 'Progressive', group: 'File', args: ['-interlace', 'Plane'], parameters: [] },
];

/** The groups of FILTERS, in order. */
export const GROUPS = ['Colour', 'Detail', 'Art', 'Shape', 'File'];

/** Whole chains to start from, as arguments. */
export const IDEAS = [
  { label: 'Blue rose', args: ['-negate'] },
  { label: 'Old photograph', args: ['-modulate', '100,60,100', '-sepia-tone', '80%', '-bordercolor', '#f4ead8', '-border', '4'] },
  { label: 'Charcoal sketch', args: ['-charcoal', '1', '-normalize'] },
  { label: 'Poster', args: ['-posterize', '4', '-modulate', '100,180,100'] },
  { label: 'Whirl', args: ['-swirl', '180'] },
  { label: 'Avatar', args: ['-resize', '128x128^', '-gravity', 'Center', '-crop', '128x128+0+0', '+repage'] },
];
