// Elements without a framework. Text goes in as text: names that publishers choose are never markup.

/**
 * `h('button', { class: 'quiet', onclick: f }, 'Stop')`. Properties starting with `on` are listeners, others
 * attributes; `false`, `null` and `undefined` leave an attribute out.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** The same for drawings. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** Sets a text only if it is new, so that selections and screen readers are not disturbed every two seconds. */
export function setText(element, text) {
  const value = String(text);
  if (element.textContent !== value) element.textContent = value;
}

/** Rows of the lists that `keepList` has made, by their parents. */
const listRows = new WeakMap();

/**
 * Brings the children of `parent` in line with `items`: one element per item, kept by its key, in the order of the
 * items. `create(item)` returns `{ element, update(item) }`.
 */
export function keepList(parent, items, keyOf, create) {
  const known = listRows.get(parent) ?? new Map();
  const next = new Map();
  items.forEach((item, index) => {
    const key = keyOf(item);
    const row = known.get(key) ?? create(item);
    next.set(key, row);
    row.update(item);
    if (parent.children[index] !== row.element)
      parent.insertBefore(row.element, parent.children[index] ?? null);
  });
  for (const [key, row] of known) if (!next.has(key)) row.element.remove();
  listRows.set(parent, next);
}
