// Events to start from, for each function. Those with `picture` get the built-in rose as their base64Image.

const ping = { operation: 'ping' };
const unit = (more = {}) => ({ operation: 'unit', function: 'image', event: ping, testId: 'from-the-console', iteration: 0, ...more });

const image = [
  { name: 'ping', event: ping },
  { name: 'getDimensions', event: { operation: 'getDimensions' }, picture: true },
  { name: 'identify', event: { operation: 'identify' }, picture: true },
  { name: 'resize', event: { operation: 'resize', width: 140, outputExtension: 'png' }, picture: true },
  { name: 'thumbnail', event: { operation: 'thumbnail', width: 32, outputExtension: 'jpg' }, picture: true },
  { name: 'convert: negate', event: { operation: 'convert', customArgs: ['-negate'], outputExtension: 'png' }, picture: true },
  { name: 'convert: a text', event: { operation: 'convert', customArgs: ['-format', '%m %wx%h, mean %[fx:mean]', 'info:'] }, picture: true },
  { name: 'getSample', event: { operation: 'getSample', outputExtension: 'png' } },
];

const byFunction = {
  image,
  imagemagick: image.filter(({ name }) => name.startsWith('convert')),
  harness: [
    { name: 'unit', event: unit() },
    { name: 'unit: what is expected', event: unit({ event: { operation: 'getSample' }, expect: { picture: { format: 'PNG', width: 70, height: 46 } } }) },
    { name: 'load', event: { operation: 'load', function: 'image', event: ping, iterations: 100 } },
    { name: 'load of units', event: { operation: 'load', function: 'harness', iterations: 100, event: unit({ iteration: undefined }) } },
  ],
  https: [
    { name: 'GET', event: { options: { host: 'example.com', path: '/' } } },
    { name: 'POST', event: { options: { host: 'example.com', path: '/prod/ImageProcessingService', method: 'POST' }, data: ping } },
  ],
};

/**
 * The samples of a function.
 * @param {string} name
 * @returns {{name: string, event: object, picture?: boolean}[]} at least one
 */
export const samplesOf = (name) => byFunction[name] ?? [{ name: 'empty', event: {} }];

/**
 * Puts a picture into an event: into the event of the function under test, where one event is inside another.
 * @param {object} event
 * @param {string} base64
 * @returns {object} another event
 */
export function withPicture(event, base64) {
  if (!event || typeof event !== 'object' || Array.isArray(event)) return { base64Image: base64 };
  const inner = event.event;
  if (inner && typeof inner === 'object' && !Array.isArray(inner)) return { ...event, event: withPicture(inner, base64) };
  return { ...event, base64Image: base64 };
}
