// All clients, a page at a time.

import { h } from '../../assets/dom.js';
import { t } from '../../assets/texts.js';
import { clientTable } from './client-table.js';

const PAGE = 50;

export function clientsView(model) {
  const table = clientTable(model);
  let start = 0;
  const turn = (by) => {
    start = Math.max(0, start + by);
    model.refresh();
  };
  const newer = h('button', { class: 'quiet', type: 'button', onclick: () => turn(-PAGE) }, t('newer'));
  const older = h('button', { class: 'quiet', type: 'button', onclick: () => turn(PAGE) }, t('older'));
  return {
    element: h(
      'section',
      { class: 'card' },
      h('h1', {}, t('clients')),
      table.element,
      h('div', { class: 'actions' }, newer, older),
    ),
    async update() {
      // One more than a page shows whether there is another one.
      const clients = await model.api.clients(start, PAGE + 1);
      table.update(clients.slice(0, PAGE));
      newer.hidden = start === 0;
      older.hidden = clients.length <= PAGE;
    },
  };
}
