// Wires the page: one state, changed by what the person does, and one call to the service that follows it.

import { baseURL, createClient, ServiceError } from './api.js';
import { parse, words } from './chain.js';
import { createChainView, fillPalette } from './chainview.js';
import { createCodeView } from './codeview.js';
import { busy, clearAfter, show, stale, wireCompare } from './compareview.js';
import { byId, say } from './dom.js';
import { bytes, formatOfType, FORMATS, inspect, PictureError, resultName } from './picture.js';
import { join, split } from './shellwords.js';
import { wireSources } from './sourceview.js';
import { wireTheme } from './themebutton.js';
import { debounce, latest } from './timing.js';

const PAUSE_MS = 250; // between the last key or slider step and the call

const state = { picture: null, args: ['-negate'], output: '' };
const client = clientOfPage();
const announce = (text) => { byId('status').textContent = text; };

const chain = createChainView((steps, settled) => {
  state.args = words(steps);
  byId('args').value = join(state.args);
  argumentsAreGood();
  if (settled) chain.render(steps);
  changed(settled);
});
const showCode = createCodeView(announce);
const soon = debounce(() => convert(), PAUSE_MS);

function clientOfPage() {
  const setting = document.querySelector('meta[name="bluerose-api"]').content;
  try {
    const base = baseURL(location, setting);
    if (new URL(base).origin !== location.origin) say(byId('elsewhere'), `Pictures on this page are sent to ${base}.`);
    return createClient(base);
  } catch (error) {
    say(byId('elsewhere'), `${error.message} Pictures on this page are sent to ${location.origin} instead.`);
    return createClient(location.origin);
  }
}

// The format to ask for. SVG is read but not written, so that a kept SVG becomes a PNG.
const wantedOutput = () => state.output || (state.picture?.format === 'svg' ? 'png' : '');
const resultFormat = () => wantedOutput() || state.picture?.format;

function changed(now = false) {
  const { picture } = state;
  showCode({
    base: client.base, args: state.args, output: wantedOutput(), name: picture?.name ?? 'rose.png',
    type: picture?.blob.type ?? 'image/png', result: resultName(picture?.name ?? 'rose.png', resultFormat() ?? 'png'),
  });
  if (!picture) return;
  if (now) soon.now();
  else soon.later();
}

const conversion = latest(async (signal) => {
  const { picture, args } = state;
  const result = await client.convert({ blob: picture.blob, args, output: wantedOutput(), signal });
  const format = formatOfType(result.blob.type);
  if (!format) throw new ServiceError('The service answered with something that is no picture; try again.');
  if (signal.aborted) return null;
  const seen = await show('after', result.blob, {
    alt: `The picture after: ${join(args) || 'written anew'}`,
    unseen: `A browser cannot show ${FORMATS[format].label}; download the picture to see it.`,
  });
  return { ...result, ...seen, format, picture, args };
});

async function convert() {
  if (!state.picture) return;
  busy(true);
  fail(null);
  try {
    const result = await conversion.run();
    if (!result) return; // a newer one took over
    busy(false);
    stale(false);
    showResult(result);
  } catch (error) {
    busy(false);
    withdraw();
    fail(error);
  }
}

// The result on the page is not one of the arguments on it: it stays only as a shade.
function withdraw() {
  stale(true);
  delete byId('compare').dataset.shown;
  byId('after-facts').textContent = '';
  byId('facts').hidden = true;
  byId('download').hidden = true;
}

function showResult({ blob, width, height, format, milliseconds, picture, args }) {
  const size = width ? `${width} × ${height}` : '';
  const change = Math.round((blob.size / picture.blob.size - 1) * 100);
  byId('after-facts').textContent = [size, FORMATS[format].label].filter(Boolean).join(' · ');
  byId('fact-size').textContent = bytes(blob.size);
  byId('fact-change').textContent = `${change > 0 ? '+' : change < 0 ? '−' : '±'}${Math.abs(change)} %`;
  byId('fact-time').textContent = `${Math.round(milliseconds)} ms`;
  byId('facts').hidden = false;
  const link = byId('download');
  if (link.href) URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(blob);
  link.download = resultName(picture.name, format);
  link.hidden = false;
  byId('compare').dataset.shown = join(args); // which arguments the picture after belongs to
  announce(`Done${size && `: ${size} pixels`}, ${bytes(blob.size)}.`);
}

function fail(error) {
  const known = error instanceof ServiceError || error instanceof PictureError;
  say(byId('error-text'), error ? (known ? error.message : 'The page could not do that; reload it and try again.') : '');
  say(byId('error-id'), error?.requestId ? `Request id ${error.requestId}` : '');
  byId('retry').hidden = !(error instanceof ServiceError);
  byId('error').hidden = !error;
  if (error) announce('');
  if (error && !known) console.error(error);
}

// Takes a picture in: it is looked at, shown, and sent with the arguments as they are.
const taking = latest(async (signal, pick) => {
  const picture = await pick(signal);
  if (signal.aborted) return;
  conversion.cancel();
  clearAfter();
  withdraw();
  state.picture = picture;
  const seen = await show('before', picture.blob, {
    alt: `The picture before: ${picture.name}`,
    unseen: `A browser cannot show ${FORMATS[picture.format].label}, but the service reads it.`,
  });
  if (signal.aborted) return;
  byId('before-facts').textContent = [seen.width && `${seen.width} × ${seen.height}`, FORMATS[picture.format].label,
    bytes(picture.blob.size)].filter(Boolean).join(' · ');
  changed(true);
});

async function take(pick, retry) {
  byId('retry').onclick = retry;
  fail(null);
  try {
    await taking.run(pick);
    byId('retry').onclick = () => convert();
  } catch (error) {
    busy(false);
    fail(error);
  }
}

const takeFile = (file) => take(() => inspect(file, file.name || 'picture'));
function takeSample() {
  busy(true);
  announce('Loading the sample rose …');
  return take(async (signal) => inspect(await client.sample(signal), 'rose.png'), takeSample);
}

function argumentsAreGood(message = '') {
  say(byId('args-error'), message);
  byId('args').setAttribute('aria-invalid', String(Boolean(message)));
}

function typed(text, now = false) {
  try {
    state.args = split(text);
  } catch (error) {
    argumentsAreGood(`${error.message}.`);
    soon.cancel();
    return;
  }
  argumentsAreGood();
  chain.render(parse(state.args));
  changed(now);
}

function begin(args) {
  byId('args').value = join(args);
  typed(byId('args').value, true);
}

wireTheme(byId('theme'));
wireCompare();
wireSources(takeFile, (message) => fail(new PictureError(message)));
fillPalette((id) => chain.add(id), begin);
byId('sample').addEventListener('click', takeSample);
byId('clear').addEventListener('click', () => { begin([]); byId('args').focus(); });
byId('args').addEventListener('input', (event) => typed(event.target.value));
document.querySelectorAll('input[name="output"]').forEach((radio) => radio.addEventListener('change', () => {
  state.output = radio.value;
  changed(true);
}));
begin(state.args);
takeSample();
