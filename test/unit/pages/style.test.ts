// The colours of the pages: light, and dark twice (see style.css).

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const style = readFileSync(resolve(import.meta.dirname, '../../../src/pages/assets/style.css'), 'utf8');

/** The custom properties that a rule sets. */
function propertiesOf(selector: string): Readonly<Record<string, string>> {
  const from = style.indexOf(`${selector} {`);
  expect(from, selector).toBeGreaterThan(-1);
  const rule = style.slice(from, style.indexOf('}', from));
  return Object.fromEntries([...rule.matchAll(/--([\w-]+): (.*);/g)].map(([, name, value]) => [name, value]));
}

test('the dark colours are the same for the system’s choice and the button’s, and none is missing', () => {
  const dark = propertiesOf(':root[data-theme="dark"]');
  expect(propertiesOf(':root:not([data-theme="light"])')).toEqual(dark);
  expect(Object.keys(dark)).toEqual(Object.keys(propertiesOf(':root')));
  expect(Object.keys(dark).length).toBeGreaterThan(10);
});

test('every colour that is used is defined', () => {
  const used = new Set([...style.matchAll(/var\(--([\w-]+)\)/g)].map(([, name]) => name));
  expect(Object.keys(propertiesOf(':root'))).toEqual(expect.arrayContaining([...used]));
});
