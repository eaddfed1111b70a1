// The table of clients: all of them, or those of one stream.

import { h, setText } from '../../assets/dom.js';
import { bitrate, bytes, duration } from '../../assets/numbers.js';
import { t } from '../../assets/texts.js';
import { kickButton } from './kick.js';
import { labelledCells, listTable } from './list-table.js';

const COLUMNS = ['type', 'address', 'stream', 'since', 'received', 'sent'];

export function clientTable(model) {
  const empty = h('p', { class: 'muted' }, t('noClients'));
  const { element, update } = listTable([...COLUMNS, ''], empty, (client) => row(model, client));
  return {
    element,
    update(clients) {
      for (const client of clients) model.rates.add(client.id, client, model.timeMs);
      update(clients);
    },
  };
}

function row(model, client) {
  const cells = labelledCells(COLUMNS);
  const link = h('a', { href: `#/streams/${encodeURIComponent(client.stream)}` }, client.url);
  cells.get('type').append(h('span', { class: `state ${client.publish ? 'good' : ''}` }, client.type));
  cells.get('address').append(client.ip, h('br'), h('code', { class: 'muted' }, client.id));
  cells
    .get('stream')
    .append(link, ...(client.pageUrl ? [h('br'), h('small', { class: 'muted' }, client.pageUrl)] : []));
  const kick = kickButton(model, () => client.id);
  return {
    element: h('tr', {}, ...cells.values(), h('td', { class: 'actions' }, kick)),
    update(now) {
      const rate = model.rates.last(now.id);
      setText(cells.get('since'), duration(now.alive));
      setText(cells.get('received'), amount(now.recv_bytes, rate?.received));
      setText(cells.get('sent'), amount(now.send_bytes, rate?.sent));
    },
  };
}

function amount(count, kbps = 0) {
  return kbps >= 1 ? `${bytes(count)}, ${bitrate(kbps)}` : bytes(count);
}
