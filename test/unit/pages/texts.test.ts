// The words of the pages: both languages have all of them, and all of them are used.

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const folder = resolve(import.meta.dirname, '../../../src/pages');
const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.js'),
);
const sources = scripts.map((path) => readFileSync(join(folder, path), 'utf8'));

/** The keys of `const EN = { … }` in texts.js. */
function keysOf(language: string): string[] {
  const text = readFileSync(join(folder, 'assets/texts.js'), 'utf8');
  const body = new RegExp(`const ${language} = \\{([^}]*(?:\\{[^}]*\\}[^}]*)*)\\};`).exec(text)?.[1] ?? '';
  return [...body.matchAll(/^ {2}(\w+):/gm)].map((match) => String(match[1]));
}

test('English and Chinese have the same words, each once', () => {
  expect(keysOf('EN').length).toBeGreaterThan(50);
  expect(keysOf('ZH')).toEqual(keysOf('EN'));
  expect(new Set(keysOf('EN')).size).toBe(keysOf('EN').length);
});

test('every word is used somewhere', () => {
  const unused = keysOf('EN').filter((key) => !sources.some((text) => new RegExp(`'${key}'`).test(text)));
  expect(unused).toEqual([]);
});

test('every word that is asked for is there', () => {
  const asked = sources.flatMap((text) => [...text.matchAll(/\bt\('(\w+)'\)/g)].map((match) => match[1]));
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((key) => !keysOf('EN').includes(String(key)))).toEqual([]);
});

test('nothing comes from another server', () => {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(html|js|css)$/.test(path),
  );
  const foreign = pages.flatMap((path) =>
    [
      ...readFileSync(join(folder, path), 'utf8').matchAll(
        /(?:src|href)="(?:https?:)?\/\/[^"]*|url\(\s*['"]?https?:/g,
      ),
    ].map((match) => `${path}: ${match[0]}`),
  );
  expect(foreign).toEqual([]);
});
