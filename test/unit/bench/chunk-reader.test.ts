import { expect, test } from 'vitest';
import { ChunkReader } from '../../../bench/wire/chunk-reader.ts';
import { encodeChunks, patchChunkTimestamp } from '../../../bench/wire/chunk-writer.ts';
import { forEachCut } from './cut.ts';

interface Seen {
  readonly type: number;
  readonly timestampMs: number;
  readonly length: number;
  readonly head: string;
}

function readerInto(seen: Seen[]): ChunkReader {
  return new ChunkReader((type, timestampMs, length, head, headBytes) => {
    seen.push({ type, timestampMs, length, head: head.toString('hex', 0, Math.min(headBytes, 4)) });
  });
}

function read(bytes: Buffer): Seen[] {
  const seen: Seen[] = [];
  readerInto(seen).feed(bytes, 0, bytes.length);
  return seen;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const SET_CHUNK_SIZE_4096 = hex('02 000000 000004 01 00000000 00001000');

test.each<[string, Buffer, readonly Seen[]]>([
  [
    'type 0, then deltas of types 1, 2 and 3',
    hex('06 0003e8 000002 09 01000000 1701  46 000028 000001 09 aa  86 000017 bb  c6 cc'),
    [
      { type: 9, timestampMs: 1000, length: 2, head: '1701' },
      { type: 9, timestampMs: 1040, length: 1, head: 'aa' },
      { type: 9, timestampMs: 1063, length: 1, head: 'bb' },
      { type: 9, timestampMs: 1086, length: 1, head: 'cc' },
    ],
  ],
  [
    'extended timestamps, also in front of a continued message',
    Buffer.concat([
      hex('04 ffffff 000082 08 01000000 01000000'),
      Buffer.alloc(128, 0xaf),
      hex('c4 01000000 aeae'),
    ]),
    [{ type: 8, timestampMs: 0x01000000, length: 130, head: 'afafafaf' }],
  ],
  [
    'chunk stream ids of two and three bytes',
    hex('00 10 000005 000001 08 01000000 aa  01 0102 000006 000001 09 01000000 bb'),
    [
      { type: 8, timestampMs: 5, length: 1, head: 'aa' },
      { type: 9, timestampMs: 6, length: 1, head: 'bb' },
    ],
  ],
  [
    'two messages whose chunks alternate',
    Buffer.concat([
      hex('04 000000 000081 08 01000000'),
      Buffer.alloc(128, 1),
      hex('06 000000 000081 09 01000000'),
      Buffer.alloc(128, 2),
      hex('c4 01 c6 02'),
    ]),
    [
      { type: 8, timestampMs: 0, length: 129, head: '01010101' },
      { type: 9, timestampMs: 0, length: 129, head: '02020202' },
    ],
  ],
  [
    'a message without a body',
    hex('04 000009 000000 08 01000000 c4'),
    [
      { type: 8, timestampMs: 9, length: 0, head: '' },
      { type: 8, timestampMs: 18, length: 0, head: '' },
    ],
  ],
])('%s', (_name, bytes, expected) => {
  expect(read(bytes)).toEqual(expected);
  forEachCut(bytes, (feed) => {
    const seen: Seen[] = [];
    feed(readerInto(seen));
    expect(seen).toEqual(expected);
  });
});

test('a changed chunk size counts from the next chunk on', () => {
  const body = Buffer.alloc(5000, 7);
  const message = encodeChunks({ chunkStreamId: 6, type: 9, streamId: 1, timestampMs: 3, body }, 4096);
  const seen = read(Buffer.concat([SET_CHUNK_SIZE_4096, message, message]));
  expect(seen.map(({ type, length }) => [type, length])).toEqual([
    [1, 4],
    [9, 5000],
    [9, 5000],
  ]);
});

test('a patched timestamp is read back', () => {
  const bytes = encodeChunks(
    { chunkStreamId: 4, type: 8, streamId: 1, timestampMs: 0, body: Buffer.alloc(300) },
    128,
  );
  patchChunkTimestamp(bytes, 0, 0x123456);
  expect(read(bytes)[0]).toMatchObject({ timestampMs: 0x123456, length: 300 });
});
