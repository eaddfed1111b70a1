// Whatever the bytes: parsing ends, nothing is thrown, and every position is inside the file.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { load } from '../../../src/config/load.ts';
import { editDistance, nearest } from '../../../src/config/suggest.ts';
import type { Directive } from '../../../src/config/syntax/tree.ts';
import { parseText, shape } from './load-text.ts';

/** Bytes that make trees more often than random ones do. */
const pieces = fc.constantFrom(
  ...[
    'listen',
    '1935',
    'vhost',
    'a',
    'hls',
    'enabled',
    'on',
    'include',
    't.conf',
    'forward',
    'refer',
    'rtc',
    'aac',
    '__proto__',
  ],
  ...['{', '}', ';', '"', "'", '#', '\n', '\r\n', ' ', '\t', '\0', '录', '\ufeff', '；'],
);
const confLike = fc.array(pieces, { maxLength: 60 }).map((words) => Buffer.from(words.join(' ')));
const glued = fc.array(pieces, { maxLength: 60 }).map((words) => Buffer.from(words.join('')));
const anyBytes = fc.oneof(
  confLike,
  glued,
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

function isInside(at: { line: number; column: number }, lines: readonly string[]): boolean {
  const line = lines[at.line - 1];
  return line !== undefined && at.column >= 1 && at.column <= [...line].length + 1;
}

function linesOf(bytes: Buffer): readonly string[] {
  return bytes.toString('utf8').split('\n');
}

/** Characters of bytes that are no UTF-8 are counted otherwise than a decoder does; lines are not. */
function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8')).equals(bytes);
}

function* walk(directives: readonly Directive[]): Generator<Directive> {
  for (const directive of directives) {
    yield directive;
    yield* walk(directive.children);
  }
}

describe('any bytes', () => {
  test('are parsed, with positions inside the file', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const { children, diagnostics } = parseText(bytes);
        const places = [...walk(children)].flatMap((one) => [one.at, ...one.argsAt]).concat(diagnostics);
        const lines = linesOf(bytes);
        expect(places.every((at) => at.line >= 1 && at.line <= lines.length && at.column >= 1)).toBe(true);
        if (isText(bytes)) expect(places.every((at) => isInside(at, lines))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('load or are refused with a reason', () => {
    fc.assert(
      fc.property(
        anyBytes,
        fc.dictionary(fc.constantFrom('SRS_LISTEN', 'SRS_DAEMON', 'SRS_VHOST_PLAY_MW_MSGS'), fc.string()),
        (bytes, env) => {
          const result = load({
            configFile: 't.conf',
            envOnly: false,
            env,
            cwd: '/',
            host: {},
            readFile: () => bytes,
          });
          const hasError = result.diagnostics.some((one) => one.severity === 'error');
          expect(hasError).toBe(result.config === undefined);
          expect(hasError).toBe(result.failure !== undefined);
          expect(result.diagnostics.every((one) => one.message !== '')).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('trees', () => {
  const word = fc
    .stringMatching(/^[a-z0-9_.:[\]/\\"']{0,3}[a-z0-9]$/)
    .filter((text) => !/^["'#]/.test(text) && text !== 'include');
  const { tree } = fc.letrec<{ tree: string[] }>((tie) => ({
    tree: fc.array(
      fc.oneof(
        { maxDepth: 4 },
        fc
          .tuple(word, fc.array(word, { maxLength: 3 }))
          .map(([name, args]) => `${[name, ...args].join(' ')};`),
        fc
          .tuple(word, tie('tree'))
          .map(([name, inner]) => (inner.length === 0 ? `${name} { }` : `${name} { ${inner.join(' ')} }`)),
      ),
      { maxLength: 4 },
    ),
  }));

  test('that are written are read back, however the blanks lie', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom(' ', '\n', '\t \r\n', ' # x ; {\n'), (lines, blank) => {
        const written = lines.join(' ');
        const { children, diagnostics } = parseText(written.replaceAll(' ', blank));
        expect(diagnostics).toEqual([]);
        expect(shape(children)).toBe(written);
      }),
    );
  });
});

describe('the nearest name', () => {
  test('distance is a metric of single edits', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  test.each([
    ['lisetn', 'listen'],
    ['ENABLED', 'enabled'],
    ['x', undefined],
    ['entirely', undefined],
  ])('%s', (word, expected) => {
    expect(nearest(word, ['listen', 'enabled', 'pid'])).toBe(expected);
  });
});
