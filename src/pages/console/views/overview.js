// The server at a glance: what it carries, what it costs, and its bitrates over the last minutes.

import { rateChart } from '../../assets/chart.js';
import { h, setText } from '../../assets/dom.js';
import { bitrate, bytes, duration, percent } from '../../assets/numbers.js';
import { t } from '../../assets/texts.js';
import { streamTable } from './stream-table.js';

const SPAN_MS = 300_000;

export function overviewView(model) {
  const chart = rateChart(
    [
      { key: 'received', label: t('received'), className: 'in' },
      { key: 'sent', label: t('sent'), className: 'out' },
    ],
    SPAN_MS,
  );
  const tiles = ['published', 'players', 'received', 'sent', 'cpu', 'memory', 'uptime'].map((key) => {
    const value = h('b', {}, '–');
    return { key, value, element: h('div', { class: 'tile' }, value, h('span', {}, t(key))) };
  });
  const table = streamTable(model);
  return {
    element: h(
      'div',
      {},
      h(
        'div',
        { class: 'tiles' },
        tiles.map(({ element }) => element),
      ),
      h('section', { class: 'card' }, h('h2', {}, t('bitrate')), chart.element),
      h('section', { class: 'card' }, h('h2', {}, t('streams')), table.element),
    ),
    update() {
      const values = tileValues(model);
      for (const { key, value } of tiles) setText(value, values[key]);
      chart.update(model.rates.samples('server'));
      table.update(model.streams);
    },
  };
}

function tileValues({ summaries, streams, rates }) {
  const { self } = summaries.data;
  const published = streams.filter((stream) => stream.publish.active);
  const clients = streams.reduce((sum, stream) => sum + stream.clients, 0);
  const publishers = published.filter((stream) => stream.publish.cid !== '').length;
  const now = rates.last('server');
  return {
    published: published.length,
    players: Math.max(0, clients - publishers),
    received: bitrate(now?.received ?? 0),
    sent: bitrate(now?.sent ?? 0),
    cpu: percent(self.cpu_percent),
    memory: bytes(self.mem_kbyte * 1024),
    uptime: duration(self.srs_uptime),
  };
}
