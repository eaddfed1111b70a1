import { expect, test } from 'vitest';
import { FlvReader } from '../../../bench/wire/flv-reader.ts';
import { forEachCut } from './cut.ts';
import { flvFile, tag } from './flv-bytes.ts';

type Seen = readonly [type: number, timestampMs: number, length: number, first: number | undefined];

function readerInto(seen: Seen[]): FlvReader {
  return new FlvReader((type, timestampMs, length, head, headBytes) => {
    seen.push([type, timestampMs, length, headBytes > 0 ? head[0] : undefined]);
  });
}

test('tags are found wherever the bytes are cut', () => {
  const bytes = flvFile(
    tag(9, 0, Buffer.alloc(100, 0x17)),
    tag(8, 0x7f_123456, Buffer.alloc(3, 0xaf)),
    tag(9, 40, Buffer.alloc(0)),
  );
  const expected: Seen[] = [
    [9, 0, 100, 0x17],
    [8, 0x7f_123456, 3, 0xaf],
    [9, 40, 0, undefined],
  ];
  forEachCut(bytes, (feed) => {
    const seen: Seen[] = [];
    feed(readerInto(seen));
    expect(seen).toEqual(expected);
  });
});

test('a wrong size of the tag before is found', () => {
  const bytes = flvFile(tag(9, 0, Buffer.alloc(10)), tag(9, 40, Buffer.alloc(10)));
  bytes.writeUInt32BE(20, 9 + 4 + 11 + 10);
  expect(() => readerInto([]).feed(bytes, 0, bytes.length)).toThrow('previous tag size is 20, expected 21');
});

test('bytes that are no FLV are refused', () => {
  const bytes = Buffer.from('<html>not a stream</html>');
  expect(() => readerInto([]).feed(bytes, 0, bytes.length)).toThrow('the stream is not FLV');
});
