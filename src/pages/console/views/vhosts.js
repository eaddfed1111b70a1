// The virtual hosts that have had clients.

import { h, keepList, setText } from '../../assets/dom.js';
import { bitrate, bytes } from '../../assets/numbers.js';
import { t } from '../../assets/texts.js';

const COLUMNS = ['name', 'state', 'streams', 'clients', 'received', 'sent', 'hls'];

export function vhostsView(model) {
  const body = h('tbody');
  const table = h(
    'table',
    { class: 'stacking' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        COLUMNS.map((key) => h('th', {}, key === 'hls' ? 'HLS' : t(key))),
      ),
    ),
    body,
  );
  const empty = h('p', { class: 'muted' }, t('noVhosts'));
  return {
    element: h('section', { class: 'card' }, h('h1', {}, t('vhosts')), table, empty),
    async update() {
      const vhosts = await model.api.vhosts();
      for (const vhost of vhosts) model.rates.add(vhost.id, vhost, model.timeMs);
      keepList(
        body,
        vhosts,
        ({ id }) => id,
        () => row(model),
      );
      table.hidden = vhosts.length === 0;
      empty.hidden = vhosts.length > 0;
    },
  };
}

function row(model) {
  const cells = new Map(
    COLUMNS.map((key) => [key, h('td', { 'data-label': key === 'hls' ? 'HLS' : t(key) })]),
  );
  cells.get('name').className = 'main';
  return {
    element: h('tr', {}, ...cells.values()),
    update(vhost) {
      const rate = model.rates.last(vhost.id);
      const texts = {
        name: vhost.name,
        state: t(vhost.enabled ? 'enabled' : 'disabled'),
        streams: vhost.streams,
        clients: vhost.clients,
        received: `${bytes(vhost.recv_bytes)}, ${bitrate(rate?.received ?? 0)}`,
        sent: `${bytes(vhost.send_bytes)}, ${bitrate(rate?.sent ?? 0)}`,
        hls: vhost.hls.enabled ? `${vhost.hls.fragment} s` : t('disabled'),
      };
      for (const key of COLUMNS) setText(cells.get(key), texts[key]);
    },
  };
}
