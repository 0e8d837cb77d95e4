// Charts as SVG: axes with round ticks, lines and bars, a legend, the values under the pointer or the arrow keys, and the
// same values as a table. Which values there are is all that a caller says; colours and sizes are console.css'.

import { element } from '../dom.js';
import { logTicks, scale, ticks } from './scale.js';

const HEIGHT = 230;
const LEAST_WIDTH = 240;
const TOP = 12;
const BOTTOM = 26;
const RIGHT = 12;
const CHARACTER = 6.6; // pixels of a tick's digits, about
const HINT = 'Point at the chart, or focus it and press ← or →, to read its values.';

/**
 * What a chart shows.
 * @typedef {{name: string, colour: 1|2|3, kind: 'line'|'bars'|'outline', dashed?: boolean,
 *   points: {x: number, x2?: number, y: number}[]}} Series
 * points in ascending order; bars and outlines reach from x to x2; a y of NaN is a gap
 * @typedef {{label: string, format: (value: number) => string, log?: boolean}} Axis
 */

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const styleOf = ({ colour, kind, dashed }) => `series c${colour} ${kind}${dashed ? ' dashed' : ''}`;
const middle = ({ x, x2 = x }) => (x + x2) / 2;

/** The ranges of both axes, and their ticks. */
function axesOf(series, x) {
  const points = series.flatMap((s) => s.points);
  const xs = points.flatMap((p) => [p.x, p.x2 ?? p.x]);
  const ys = points.map((p) => p.y).filter(Number.isFinite);
  const yTicks = ticks(0, Math.max(0, ...ys), 4);
  const domain = [x.log ? Math.min(...xs) : 0, Math.max(...xs)];
  const xTicks = x.log ? logTicks(...domain) : ticks(...domain).filter((t) => t <= domain[1]);
  return { domain, xTicks, yTicks };
}

/** The path of a series, broken where it has gaps. */
function pathOf({ kind, points }, toX, toY) {
  if (kind === 'line') {
    let drawing = false;
    return points.map((p) => {
      // A point between two gaps is a dot: a line of no length with round ends.
      const step = Number.isFinite(p.y) ? `${drawing ? 'L' : 'M'}${toX(p.x).toFixed(1)},${toY(p.y).toFixed(1)}h0` : '';
      drawing = Boolean(step);
      return step;
    }).join('');
  }
  const ground = toY(0).toFixed(1);
  if (kind === 'outline') {
    const tops = points.map((p) => `L${toX(p.x).toFixed(1)},${toY(p.y).toFixed(1)}H${toX(p.x2).toFixed(1)}`);
    return `M${toX(points[0].x).toFixed(1)},${ground}${tops.join('')}V${ground}`;
  }
  return points.filter((p) => p.y > 0).map((p) => {
    const left = toX(p.x) + 0.5;
    const right = Math.max(left + 1, toX(p.x2) - 0.5);
    return `M${left.toFixed(1)},${ground}V${toY(p.y).toFixed(1)}H${right.toFixed(1)}V${ground}Z`;
  }).join('');
}

/**
 * Makes an empty chart.
 * @param {{id: string, title: string, x: Axis, y: Axis}} settings
 * @returns {{node: HTMLElement, show: (series: Series[], description: string) => void}} show draws other values; the place
 * that a person reads stays where it is
 */
export function createChart({ id, title, x, y }) {
  const legend = element('ul', { className: 'legend' });
  const drawing = svg('svg', { role: 'img', tabindex: 0, height: HEIGHT, 'aria-labelledby': `${id}-title ${id}-text` });
  const readout = element('p', { className: 'readout', role: 'status' }, HINT);
  const table = element('details', { ontoggle: () => fillTable() }, element('summary', {}, 'As a table'));
  const node = element('figure', { className: 'card chart', id }, element('h3', {}, title), legend, drawing, readout, table);
  let series = [];
  let text = '';
  let stops = []; // the places on the x axis that can be read
  let at = -1; // in stops; -1 for none
  let toX = null;
  let toY = null;
  let width = 0;
  const marks = svg('g', { class: 'marks' });

  /** The point of a series that is nearest to a place. */
  function nearest({ points }, place) {
    let best = null;
    for (const point of points) {
      if (!best || Math.abs(middle(point) - place) < Math.abs(middle(best) - place)) best = point;
    }
    return best;
  }

  function placeName(place) {
    const { x2, x: from } = nearest(series[0], place);
    return x2 === undefined ? x.format(place) : `${x.format(from)} to ${x.format(x2)}`;
  }

  function read(index) {
    at = Math.max(-1, Math.min(stops.length - 1, index));
    marks.replaceChildren();
    if (at < 0) {
      readout.textContent = HINT;
      return;
    }
    const place = stops[at];
    const values = series.map((s) => {
      const point = nearest(s, place);
      if (Number.isFinite(point?.y)) marks.append(svg('circle', { class: styleOf(s), cx: toX(middle(point)), cy: toY(point.y), r: 4 }));
      return `${s.name} ${Number.isFinite(point?.y) ? y.format(point.y) : 'none'}`;
    });
    marks.prepend(svg('line', { class: 'cursor', x1: toX(place), x2: toX(place), y1: TOP, y2: HEIGHT - BOTTOM }));
    readout.textContent = `${placeName(place)}: ${values.join(', ')}`;
  }

  function draw() {
    width = Math.max(LEAST_WIDTH, Math.floor(drawing.parentElement?.clientWidth ? drawing.getBoundingClientRect().width : 640));
    drawing.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    const words = [svg('title', { id: `${id}-title` }, title), svg('desc', { id: `${id}-text` }, text)];
    if (!stops.length) {
      drawing.replaceChildren(...words, svg('text', { class: 'none', x: width / 2, y: HEIGHT / 2, 'text-anchor': 'middle' }, 'No results yet'));
      return;
    }
    const { domain, xTicks, yTicks } = axesOf(series, x);
    const left = 10 + CHARACTER * Math.max(...yTicks.map((t) => y.format(t).length));
    toX = scale(domain, [left, width - RIGHT], x.log);
    toY = scale([yTicks[0], yTicks.at(-1)], [HEIGHT - BOTTOM, TOP]);
    const grid = yTicks.map((t) => svg('g', {},
      svg('line', { class: 'grid', x1: left, x2: width - RIGHT, y1: toY(t), y2: toY(t) }),
      svg('text', { class: 'tick', x: left - 6, y: toY(t) + 4, 'text-anchor': 'end' }, y.format(t))));
    let free = -Infinity; // where the label before has ended
    const below = xTicks.map((t) => {
      const name = x.format(t);
      const half = (name.length * CHARACTER) / 2;
      const center = Math.min(toX(t), width - half - 1);
      const group = svg('g', {}, svg('line', { class: 'axis', x1: toX(t), x2: toX(t), y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4 }));
      if (center - half > free + 4) {
        group.append(svg('text', { class: 'tick', x: center, y: HEIGHT - BOTTOM + 17, 'text-anchor': 'middle' }, name));
        free = center + half;
      }
      return group;
    });
    drawing.replaceChildren(...words, ...grid, ...below,
      svg('line', { class: 'axis', x1: left, x2: width - RIGHT, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }),
      ...series.map((s) => svg('path', { class: styleOf(s), d: pathOf(s, toX, toY) })), marks);
    read(at);
  }

  function fillTable() {
    table.querySelector('.scroll')?.remove();
    if (!table.open) return;
    const head = element('tr', {}, ...[x.label, ...series.map((s) => `${s.name} (${y.label})`)].map((name) => element('th', { scope: 'col' }, name)));
    const rows = stops.map((place) => element('tr', {}, element('th', { scope: 'row' }, placeName(place)), ...series.map((s) => {
      const point = nearest(s, place);
      return element('td', {}, Number.isFinite(point?.y) ? y.format(point.y) : '–');
    })));
    table.append(element('div', { className: 'scroll', tabIndex: 0, role: 'group', ariaLabel: `${title}, as a table` },
      element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows))));
  }

  drawing.addEventListener('keydown', (event) => {
    const to = { ArrowRight: at + 1, ArrowLeft: at < 0 ? stops.length - 1 : Math.max(0, at - 1), Home: 0, End: stops.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    read(to);
  });
  function point(event) {
    if (!stops.length) return;
    const place = event.clientX - drawing.getBoundingClientRect().left;
    let best = 0;
    stops.forEach((stop, i) => {
      if (Math.abs(toX(stop) - place) < Math.abs(toX(stops[best]) - place)) best = i;
    });
    read(best);
  }
  drawing.addEventListener('pointermove', point);
  drawing.addEventListener('pointerdown', point);
  drawing.addEventListener('pointerleave', () => read(-1));
  drawing.addEventListener('blur', () => read(-1));
  new ResizeObserver(() => { if (Math.floor(drawing.getBoundingClientRect().width) !== width) draw(); }).observe(drawing);

  return {
    node,
    show(next, description) {
      series = next.filter((s) => s.points.length);
      text = description;
      stops = series.length ? series[0].points.map(middle) : [];
      legend.replaceChildren(...series.map((s) => element('li', {},
        svg('svg', { width: 26, height: 12, 'aria-hidden': true }, svg('path', { class: styleOf(s), d: s.kind === 'line' ? 'M1,6H25' : 'M2,11V3H24V11Z' })), s.name)));
      draw();
      fillTable();
    },
  };
}
