// The virtual hosts that have had clients.

import { h, setText } from '../../assets/dom.js';
import { bitrate, bytes } from '../../assets/numbers.js';
import { t } from '../../assets/texts.js';
import { labelledCells, listTable } from './list-table.js';

const COLUMNS = ['name', 'state', 'streams', 'clients', 'received', 'sent', 'hls'];

export function vhostsView(model) {
  const empty = h('p', { class: 'muted' }, t('noVhosts'));
  const table = listTable(COLUMNS, empty, () => row(model));
  return {
    element: h('section', { class: 'card' }, h('h1', {}, t('vhosts')), table.element),
    async update() {
      const vhosts = await model.api.vhosts();
      for (const vhost of vhosts) model.rates.add(vhost.id, vhost, model.timeMs);
      table.update(vhosts);
    },
  };
}

function row(model) {
  const cells = labelledCells(COLUMNS);
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
