// Files that a reader can take in: small, named after what they hold, without leftovers.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const maxLines = 500;

/** Longer than that for a reason. */
const longFiles: Record<string, string> = {};

const sources = list('src');
const tests = list('test');

function list(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|mjs|js)$/.test(path))
    .map((path) => `${folder}/${path}`);
}

function lines(path: string): string[] {
  return readFileSync(join(root, path), 'utf8').split('\n');
}

test(`no source file has more than ${maxLines} lines, or it is listed with a reason`, () => {
  const tooLong = sources
    .filter((path) => lines(path).length > maxLines && !(path in longFiles))
    .map((path) => `${path}: ${lines(path).length}`);
  expect(tooLong).toEqual([]);
  const needless = Object.keys(longFiles).filter(
    (path) => !sources.includes(path) || lines(path).length <= maxLines,
  );
  expect(needless, 'listed without need').toEqual([]);
});

test('files and folders are kebab-case, and name a thing', () => {
  const wrong = [...sources, ...tests].filter((path) =>
    path.split('/').some((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|d))?(\.[a-z]+)?$/.test(part)),
  );
  expect(wrong).toEqual([]);
  const vague = sources.filter((path) =>
    /^(utils?|misc|common|base|helpers?|index)\.ts$/.test(basename(path)),
  );
  expect(vague).toEqual([]);
});

test('src/ has no leftovers', () => {
  const leftover =
    /\b(TODO|FIXME|XXX|debugger)\b|\bconsole\.(log|debug|info|warn|error)\b|@ts-(ignore|expect-error|nocheck)/;
  const found = sources.flatMap((path) =>
    lines(path).flatMap((line, index) =>
      leftover.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
    ),
  );
  expect(found).toEqual([]);
});

test('every source file starts with a sentence that says what it is', () => {
  const silent = sources.filter(
    (path) => !/^(#!.*\n)?(\/\/|\/\*)/.test(readFileSync(join(root, path), 'utf8')),
  );
  expect(silent).toEqual([]);
});

test('only main.ts ends the process', () => {
  const found = sources.filter(
    (path) =>
      path !== 'src/main.ts' && /\bprocess\.(exit|abort)\b/.test(readFileSync(join(root, path), 'utf8')),
  );
  expect(found).toEqual([]);
});

test('the lock file names no registry', () => {
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(
    /"resolved"|https?:\/\/[^"]*registry/,
  );
});

test('every npm command of the README exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const shown = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/npm (?:run )?([a-z][a-z:]*)/g)]
    .map((match) => String(match[1]))
    .filter((name) => !['ci', 'install', 'packages', 'registry'].includes(name));
  expect(shown.length).toBeGreaterThan(3);
  expect(shown.filter((name) => !(name in scripts))).toEqual([]);
});

test('no test is skipped or runs alone', () => {
  const pattern = /\b(test|it|describe)(\.\w+)*\.(skip|only|todo|skipIf|runIf)\b/;
  const found = tests
    .filter((path) => path.endsWith('.test.ts'))
    .flatMap((path) =>
      lines(path)
        .filter((line) => pattern.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
  expect(found).toEqual([]);
});
