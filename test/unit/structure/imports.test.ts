// The folders of src/ and who may import whom: arrows go one way, so that a part can be read and tested alone.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const sourceRoot = resolve(import.meta.dirname, '../../../src');

/** Folder of src/ to ring. A new folder is added here, or the test says so. */
const rings: Record<string, Ring> = {
  bytes: 'tools',
  log: 'tools',
  stats: 'tools',
  timing: 'tools',
  codec: 'pure',
  media: 'pure',
  container: 'pure',
  protocol: 'pure',
  stream: 'hub',
  output: 'edges',
  process: 'edges',
  hooks: 'edges',
  connection: 'outer edges',
  cluster: 'outer edges',
  config: 'around',
  api: 'around',
  lifecycle: 'around',
  'server.ts': 'around',
  'main.ts': 'around',
  // The version is a fact, not a part: everything may state it.
  'version.ts': 'tools',
};

type Ring = 'tools' | 'pure' | 'hub' | 'edges' | 'outer edges' | 'around';

/** Ring to the rings that it may import. Parts of one ring other than tools and pure do not know each other. */
const mayImport: Record<Ring, readonly Ring[]> = {
  tools: ['tools'],
  pure: ['tools', 'pure'],
  hub: ['tools', 'pure'],
  edges: ['tools', 'pure', 'hub'],
  'outer edges': ['tools', 'pure', 'hub', 'edges'],
  around: ['tools', 'pure', 'hub', 'edges', 'outer edges', 'around'],
};

/** What pure code would read clocks, files, sockets or the environment with, or log with. */
const forbiddenInPure =
  /^(pino|fastify|node:(fs|net|http|https|tls|dgram|dns|child_process|timers|os|worker_threads|perf_hooks)(\/.*)?)$/;

interface SourceFile {
  /** Relative to src/. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files: SourceFile[] = readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join(sourceRoot, path), 'utf8');
    return { path, text, imports: importsOf(text) };
  });

function importsOf(text: string): string[] {
  const statements = text.matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s)?['"]([^'"]+)['"]/gm);
  const calls = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [...statements, ...calls].map((match) => String(match[1]));
}

/** Relative to src/, or undefined for a package: any other, or this one. */
function target(file: SourceFile, specifier: string): string | undefined {
  if (!specifier.startsWith('.') || specifier === '../package.json') return undefined;
  return relative(sourceRoot, resolve(sourceRoot, dirname(file.path), specifier));
}

const partOf = (path: string) => path.split('/')[0] ?? path;

describe('src/', () => {
  test('has files to check, and imports that are found', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(files.length);
  });

  test('has only folders that belong to a ring', () => {
    const unknown = [...new Set(files.map((file) => partOf(file.path)))].filter((part) => !(part in rings));
    expect(unknown).toEqual([]);
  });

  test('imports inwards only', () => {
    const wrong = files.flatMap((file) =>
      file.imports.flatMap((specifier) => {
        const to = target(file, specifier);
        if (to === undefined || partOf(to) === partOf(file.path)) return [];
        const [from, into] = [rings[partOf(file.path)], rings[partOf(to)]];
        const isAllowed = from !== undefined && into !== undefined && mayImport[from].includes(into);
        return isAllowed ? [] : [`${file.path} (${from}) imports ${to} (${into ?? 'outside src'})`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('imports the file that defines a name: relative paths with their extension', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter((specifier) => specifier.startsWith('.') && !/\.(ts|json)$/.test(specifier))
        .map((specifier) => `${file.path}: ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test('does not open, log or read clocks in pure code', () => {
    const pure = files.filter((file) => ['pure', 'hub'].includes(rings[partOf(file.path)] ?? ''));
    const imports = pure.flatMap((file) =>
      file.imports
        .filter((specifier) => forbiddenInPure.test(specifier))
        .map((specifier) => `${file.path} imports ${specifier}`),
    );
    const calls = pure.flatMap((file) =>
      [
        ...file.text.matchAll(
          /\b(Date\.now|performance\.now|new Date|process\.env|set(?:Timeout|Interval|Immediate))\b/g,
        ),
      ].map((match) => `${file.path} uses ${match[0]}`),
    );
    expect([...imports, ...calls]).toEqual([]);
  });

  test('has no import cycles', () => {
    expect(findCycles()).toEqual([]);
  });
});

/** Cycles of imports that exist at run time; `import type` draws no arrow. */
function findCycles(): string[] {
  const graph = new Map(
    files.map((file) => [
      file.path,
      importsOf(file.text.replaceAll(/^import type [^;]*;/gm, '')).flatMap(
        (specifier) => target(file, specifier) ?? [],
      ),
    ]),
  );
  const cycles: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' > '));
      return;
    }
    state.set(path, 'open');
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}
