// All streams, with a field to search them.

import { h } from '../../assets/dom.js';
import { t } from '../../assets/texts.js';
import { streamTable } from './stream-table.js';

export function streamsView(model) {
  const table = streamTable(model);
  const search = h('input', { type: 'search', placeholder: t('search'), 'aria-label': t('search') });
  const update = () => {
    const wanted = search.value.toLowerCase();
    table.update(model.streams.filter(({ url }) => url.toLowerCase().includes(wanted)));
  };
  search.addEventListener('input', update);
  return {
    element: h('section', { class: 'card' }, h('h1', {}, t('streams')), search, table.element),
    update,
  };
}
