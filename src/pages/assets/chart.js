// A chart of rates over time, drawn anew with each sample.

import { h, setText, svg } from './dom.js';
import { bitrate } from './numbers.js';

const HEIGHT = 180;
const LEFT = 64;
const BOTTOM = 20;
const TOP = 8;

/**
 * @param series `[{ key, label, className }]`; a sample is `{ timeMs, [key]: kbps }`
 * @param spanMs how far back it shows
 */
export function rateChart(series, spanMs) {
  const grid = svg('g', { class: 'grid' });
  const lines = new Map(
    series.map(({ key, className }) => [key, svg('path', { class: `line ${className}` })]),
  );
  const areas = new Map(
    series.map(({ key, className }) => [key, svg('path', { class: `area ${className}` })]),
  );
  const cursor = svg('line', { class: 'cursor', y1: TOP, y2: HEIGHT - BOTTOM, visibility: 'hidden' });
  const drawing = svg(
    'svg',
    { height: HEIGHT, role: 'img' },
    grid,
    ...areas.values(),
    ...lines.values(),
    cursor,
  );
  const values = new Map(series.map(({ key }) => [key, h('b', {}, '–')]));
  const when = h('span', { class: 'muted' });
  const legend = h(
    'div',
    { class: 'legend' },
    series.map(({ key, label, className }) =>
      h('span', {}, h('i', { class: className }), `${label} `, values.get(key)),
    ),
    when,
  );
  let samples = [];
  let width = 600;
  let pointerMs;
  const scale = { nowMs: 0, max: 1 };
  const x = (timeMs) => LEFT + ((timeMs - scale.nowMs + spanMs) / spanMs) * (width - LEFT);
  const y = (kbps) => HEIGHT - BOTTOM - (kbps / scale.max) * (HEIGHT - BOTTOM - TOP);

  function draw() {
    const last = samples.at(-1);
    if (last === undefined) return;
    scale.nowMs = last.timeMs;
    scale.max = niceMax(Math.max(...samples.flatMap((sample) => series.map(({ key }) => sample[key]))));
    drawGrid(grid, width, scale.max, spanMs, y);
    for (const { key } of series) {
      const points = samples.map((sample) => `${x(sample.timeMs).toFixed(1)},${y(sample[key]).toFixed(1)}`);
      lines.get(key).setAttribute('d', `M${points.join('L')}`);
      const base = `${HEIGHT - BOTTOM}`;
      const from = x(samples[0].timeMs).toFixed(1);
      areas.get(key).setAttribute('d', `M${from},${base}L${points.join('L')}L${width},${base}Z`);
    }
    drawLegend();
  }

  function drawLegend() {
    const shown = pointerMs === undefined ? samples.at(-1) : nearest(samples, pointerMs);
    if (shown === undefined) return;
    for (const { key } of series) setText(values.get(key), bitrate(shown[key]));
    setText(when, pointerMs === undefined ? '' : new Date(shown.timeMs).toLocaleTimeString());
    cursor.setAttribute('visibility', pointerMs === undefined ? 'hidden' : 'visible');
    for (const end of ['x1', 'x2']) cursor.setAttribute(end, x(shown.timeMs));
  }

  new ResizeObserver(([entry]) => {
    width = Math.max(200, entry.contentRect.width);
    drawing.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    draw();
  }).observe(drawing);
  drawing.addEventListener('pointermove', (event) => {
    const box = drawing.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * width;
    pointerMs = scale.nowMs - spanMs + ((at - LEFT) / (width - LEFT)) * spanMs;
    drawLegend();
  });
  drawing.addEventListener('pointerleave', () => {
    pointerMs = undefined;
    drawLegend();
  });
  return {
    element: h('figure', { class: 'chart' }, legend, drawing),
    update(newSamples) {
      samples = newSamples;
      draw();
    },
  };
}

function drawGrid(grid, width, max, spanMs, y) {
  const rows = [0, 0.5, 1].map((part) => [
    svg('line', { x1: LEFT, x2: width, y1: y(max * part), y2: y(max * part) }),
    label(LEFT - 6, y(max * part) + (part === 1 ? 8 : 3), 'end', bitrate(max * part)),
  ]);
  const minutes = spanMs / 60_000;
  const step = width < 500 ? 2 : 1;
  const columns = [];
  for (let ago = minutes - 1; ago > 0; ago -= step) {
    columns.push(label(width - (ago / minutes) * (width - LEFT), HEIGHT - 5, 'middle', `−${ago} min`));
  }
  grid.replaceChildren(...rows.flat(), ...columns);
}

function label(x, y, anchor, text) {
  const element = svg('text', { x, y, 'text-anchor': anchor });
  element.textContent = text;
  return element;
}

/** 1, 2 or 5 with zeros, at least 100 kbps. */
function niceMax(value) {
  const wanted = Math.max(value * 1.1, 100);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= wanted);
}

function nearest(samples, timeMs) {
  let best = samples[0];
  for (const sample of samples) {
    if (Math.abs(sample.timeMs - timeMs) < Math.abs(best.timeMs - timeMs)) best = sample;
  }
  return best;
}
