// A table of what the API lists: a row per item, kept by its id, with a label per cell for narrow screens.

import { h, keepList } from '../../assets/dom.js';
import { t } from '../../assets/texts.js';

/**
 * @param columns keys of the headings; '' for a column without one
 * @param empty element that stands there instead while there is no item
 * @param createRow `(item) => { element, update(item) }`
 * @returns `{ element, update(items) }`
 */
export function listTable(columns, empty, createRow) {
  const headings = columns.map((key) => h('th', {}, key === '' ? '' : t(key)));
  const body = h('tbody');
  const table = h('table', { class: 'stacking' }, h('thead', {}, h('tr', {}, headings)), body);
  return {
    element: h('div', {}, table, empty),
    update(items) {
      keepList(body, items, ({ id }) => id, createRow);
      table.hidden = items.length === 0;
      empty.hidden = items.length > 0;
    },
  };
}

/** The cells of a row by their columns. */
export function labelledCells(columns) {
  return new Map(columns.map((key) => [key, h('td', { 'data-label': t(key) })]));
}
