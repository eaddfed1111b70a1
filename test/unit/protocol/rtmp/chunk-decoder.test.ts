import { describe, expect, test } from 'vitest';
import { ChunkDecoder } from '../../../../src/protocol/rtmp/chunk-decoder.ts';
import {
  type ChunkLimits,
  COMMAND_LIMITS,
  MEDIA_LIMITS,
} from '../../../../src/protocol/rtmp/chunk-limits.ts';
import { basic, body, type Decoded, decodeChunks, h0, h1, h2, h3, hex } from './chunk-builder.ts';

const video = body(272, 1);
const audio = body(144, 2);
const longer = body(400, 3);

function message(typeId: number, csid: number, timestamp: number, payload: Buffer, streamId = 1): Decoded {
  return { typeId, csid, timestamp, streamId, payload: payload.toString('hex') };
}

/** The chunks of `payload` behind `header`, of 128 bytes, each later one behind `next`. */
function chunks(header: Buffer, payload: Buffer, next: Buffer): Buffer[] {
  const list = [Buffer.concat([header, payload.subarray(0, 128)])];
  for (let at = 128; at < payload.length; at += 128) {
    list.push(Buffer.concat([next, payload.subarray(at, at + 128)]));
  }
  return list;
}

const [v1, v2, v3] = chunks(h0(3, 0x10, 272, 9), video, h3(3)) as [Buffer, Buffer, Buffer];
const [a1, a2] = chunks(h0(4, 0x15, 144, 8), audio, h3(4)) as [Buffer, Buffer];
const V = message(9, 3, 0x10, video);
const A = message(8, 4, 0x15, audio);

const all = (...parts: readonly (Buffer | readonly Buffer[])[]): Buffer => Buffer.concat(parts.flat());

// In the order of SRS's own unit tests (utest/srs_utest_protocol.cpp), then what real peers do.
const cases: readonly (readonly [string, Buffer, readonly Decoded[]])[] = [
  ['one chunk', all(h0(4, 5, 3, 8), hex('010203')), [message(8, 4, 5, hex('010203'))]],
  ['exactly one chunk', all(h0(6, 5, 128, 9), body(128)), [message(9, 6, 5, body(128))]],
  ['three chunks', all(v1, v2, v3), [V]],
  ['video and audio interleaved', all(v1, a1, v2, a2, v3), [A, V]],
  ['continued by type 1', all(v1, a1, h1(3, 0, 272, 9), v2.subarray(1), a2, v3), [A, V]],
  ['continued by type 2', all(v1, a1, h2(3, 0), v2.subarray(1), a2, v3), [A, V]],
  [
    'continued by type 1 whose delta counts again, as in SRS',
    all(v1, h1(3, 5, 272, 9), v2.subarray(1), h2(3, 2), v3.subarray(1)),
    [message(9, 3, 0x17, video)],
  ],
  [
    'deltas by type 1',
    all(
      chunks(h0(3, 0x10, 272, 9), video, h3(3)),
      a1,
      a2,
      chunks(h1(3, 0x10, 272, 9), video, h3(3)),
      chunks(h1(3, 0x20, 272, 9), video, h3(3)),
    ),
    [V, A, message(9, 3, 0x20, video), message(9, 3, 0x40, video)],
  ],
  [
    'a changed length by type 1, kept by type 2',
    all(
      v1,
      v2,
      v3,
      chunks(h1(3, 0x10, 400, 9), longer, h3(3)),
      chunks(h2(3, 0x20), longer, h3(3)),
      chunks(h1(3, 0, 144, 8), audio, h3(3)),
    ),
    [V, message(9, 3, 0x20, longer), message(9, 3, 0x40, longer), message(8, 3, 0x40, audio)],
  ],
  [
    'type 3 repeats the delta, and after type 0 the timestamp, as FMLE sends',
    all(v1, v2, v3, chunks(h3(3), video, h3(3)), chunks(h3(3), video, h3(3))),
    [V, message(9, 3, 0x20, video), message(9, 3, 0x30, video)],
  ],
  [
    'type 3 behind type 1',
    all(v1, v2, v3, chunks(h1(3, 7, 272, 9), video, h3(3)), chunks(h3(3), video, h3(3))),
    [V, message(9, 3, 0x17, video), message(9, 3, 0x1e, video)],
  ],
  ...[2, 9, 63, 64, 80, 81, 319, 320, 4160, 4161, 4162, 4415, 65599].map(
    (csid) =>
      [
        `chunk stream ${csid}`,
        all(chunks(h0(csid, 0x10, 272, 9), video, h3(csid)), chunks(h2(csid, 1), video, h3(csid))),
        [message(9, csid, 0x10, video), message(9, csid, 0x11, video)],
      ] as const,
  ),
  [
    'id 64 in three bytes',
    all(hex('01 0000'), h0(3, 1, 1, 9).subarray(1), hex('ff')),
    [message(9, 64, 1, hex('ff'))],
  ],
  [
    'ping answer of librtmp: type 1 on an id never used',
    hex('42 000000 000006 04 0007 00000d0f'),
    [message(4, 2, 0, hex('0007 00000d0f'), 0)],
  ],
  [
    'a message without bytes is skipped',
    all(h0(4, 1, 0, 9), h0(4, 9, 1, 8), hex('07')),
    [message(8, 4, 9, hex('07'))],
  ],
  [
    'a message without bytes sets the clock',
    all(h0(4, 100, 0, 8), h1(4, 5, 1, 8), hex('07')),
    [message(8, 4, 105, hex('07'))],
  ],
  [
    'extended timestamp of 0x10',
    all(hex('04 ffffff 000001 08 01000000 00000010 aa')),
    [message(8, 4, 0x10, hex('aa'))],
  ],
  ['extended timestamp', all(h0(3, 0x7f010203, 1, 9), hex('aa')), [message(9, 3, 0x7f010203, hex('aa'))]],
  ['all 32 bits', all(h0(3, 0xff010203, 1, 9), hex('aa')), [message(9, 3, 0xff010203, hex('aa'))]],
  [
    'extended timestamp repeated in type 3, Adobe style',
    all(chunks(h0(3, 0x1010203, 272, 9), video, h3(3, 0x1010203))),
    [message(9, 3, 0x1010203, video)],
  ],
  [
    'extended timestamp not repeated, old librtmp and nginx-rtmp',
    all(chunks(h0(3, 0x1010203, 272, 9), video, h3(3))),
    [message(9, 3, 0x1010203, video)],
  ],
  [
    'not repeated, and the payload begins like it',
    all(h0(3, 0x1010203, 131, 9), body(128), h3(3), hex('010102'), h0(4, 1, 1, 8), hex('aa')),
    [message(9, 3, 0x1010203, all(body(128), hex('010102'))), message(8, 4, 1, hex('aa'))],
  ],
  [
    'extended delta is added, and repeated as a delta',
    all(h0(3, 0x10, 1, 9), hex('aa'), chunks(h1(3, 0x1000000, 272, 9), video, h3(3, 0x1000000))),
    [message(9, 3, 0x10, hex('aa')), message(9, 3, 0x1000010, video)],
  ],
  [
    'absolute time repeated behind a delta',
    all(
      h0(3, 0x10, 272, 9).subarray(0, 12),
      video.subarray(0, 128),
      h3(3),
      video.subarray(128, 256),
      h3(3),
      video.subarray(256),
      chunks(h1(3, 0x1000000, 272, 9), video, h3(3, 0x1000010)),
    ),
    [message(9, 3, 0x10, video), message(9, 3, 0x1000010, video)],
  ],
  [
    'type 3 opens a message behind an extended timestamp: the new time',
    all(h0(3, 0x1000000, 1, 9), hex('aa'), h3(3, 0x1000028), hex('bb')),
    [message(9, 3, 0x1000000, hex('aa')), message(9, 3, 0x1000028, hex('bb'))],
  ],
  [
    'type 3 opens a message behind an extended delta: the delta again',
    all(h0(3, 0, 1, 9), hex('aa'), h2(3, 0x1000000), hex('bb'), h3(3, 0x1000000), hex('cc')),
    [message(9, 3, 0, hex('aa')), message(9, 3, 0x1000000, hex('bb')), message(9, 3, 0x2000000, hex('cc'))],
  ],
  [
    'timestamps wrap at 32 bits',
    all(h0(3, 0xfffffff0, 1, 9), hex('aa'), h1(3, 0x20, 1, 9), hex('bb')),
    [message(9, 3, 0xfffffff0, hex('aa')), message(9, 3, 0x10, hex('bb'))],
  ],
  [
    'chunk size changed',
    all(h0(2, 0, 4, 1, 0), hex('00000100'), h0(3, 0, 256, 9), body(256)),
    [message(1, 2, 0, hex('00000100'), 0), message(9, 3, 0, body(256))],
  ],
  [
    'chunk size changed in the middle of a message',
    all(v1, h0(2, 0, 4, 1, 0), hex('00001000'), h3(3), video.subarray(128)),
    [message(1, 2, 0, hex('00001000'), 0), V],
  ],
  [
    'a chunk size beyond all messages',
    all(h0(2, 0, 4, 1, 0), hex('7fffffff'), h0(3, 0x10, 272, 9), video),
    [message(1, 2, 0, hex('7fffffff'), 0), V],
  ],
  [
    'abort drops what has come of a message',
    all(v1, h0(2, 0, 4, 2, 0), hex('00000003'), v1, v2, v3),
    [message(2, 2, 0, hex('00000003'), 0), V],
  ],
  [
    'abort of nothing',
    all(h0(2, 0, 4, 2, 0), hex('00000003'), h0(2, 0, 4, 2, 0), hex('ffffffff'), v1, v2, v3),
    [message(2, 2, 0, hex('00000003'), 0), message(2, 2, 0, hex('ffffffff'), 0), V],
  ],
];

describe('decodes', () => {
  test.each(cases)('%s', (_name, bytes, messages) => {
    expect(decodeChunks(bytes)).toEqual(messages);
  });

  test.each(cases)('%s, cut at every byte', (_name, bytes, messages) => {
    for (let cut = 1; cut < bytes.length; cut++) expect(decodeChunks(bytes, [cut])).toEqual(messages);
  });

  test.each(cases)('%s, byte by byte', (_name, bytes, messages) => {
    expect(
      decodeChunks(
        bytes,
        Array.from({ length: bytes.length - 1 }, (_, i) => i + 1),
      ),
    ).toEqual(messages);
  });

  test.each(cases)('%s, cut short: the last message does not come', (_name, bytes, messages) => {
    expect(decodeChunks(bytes.subarray(0, -1))).toEqual(messages.slice(0, -1));
  });
});

describe('refuses', () => {
  const open = all(v1);
  test.each([
    ['a fresh chunk stream that begins with type 2', h2(9, 1), 'chunkStart'],
    ['a fresh chunk stream that begins with type 3', h3(9), 'chunkStart'],
    ['type 0 in the middle of a message', all(open, h0(3, 0x10, 272, 9)), 'chunkStart'],
    ['another length in the middle of a message', all(open, h1(3, 0x10, 273, 9)), 'lengthChanged'],
    ['a chunk size of 0', all(h0(2, 0, 4, 1, 0), hex('00000000')), 'chunkSize'],
    ['a chunk size of 127', all(h0(2, 0, 4, 1, 0), hex('0000007f')), 'chunkSize'],
    ['a negative chunk size', all(h0(2, 0, 4, 1, 0), hex('80000080')), 'chunkSize'],
    ['a chunk size of three bytes', all(h0(2, 0, 3, 1, 0), hex('000100')), 'messageDecode'],
    ['an abort of one byte', all(h0(2, 0, 1, 2, 0), hex('03')), 'messageDecode'],
  ])('%s', (_name, bytes, kind) => {
    expect(() => decodeChunks(bytes)).toThrow(expect.objectContaining({ name: 'ProtocolError', kind }));
    const everywhere = Array.from({ length: bytes.length - 1 }, (_, i) => i + 1);
    expect(() => decodeChunks(bytes, everywhere)).toThrow(expect.objectContaining({ kind }));
  });

  test("in SRS's words", () => {
    expect(() => decodeChunks(h3(9))).toThrow('fresh chunk expect fmt=0, actual=3, cid=9');
    expect(() => decodeChunks(all(open, h1(3, 1, 5, 9)))).toThrow(
      'msg in chunk cache, size=272 cannot change to 5',
    );
    expect(() => decodeChunks(all(h0(2, 0, 4, 1, 0), hex('0000007f')))).toThrow(
      'chunk size should be 128+, value=127',
    );
  });
});

describe('lending', () => {
  test('a message in one chunk is a view of the bytes given, another is not', () => {
    const parents: boolean[] = [];
    const bytes = Buffer.from(all(h0(4, 1, 3, 8), hex('010203'), v1, v2, v3));
    const decoder = new ChunkDecoder(({ payload }) => {
      parents.push(payload.buffer === bytes.buffer && payload.byteOffset >= bytes.byteOffset);
      return true;
    });
    decoder.push(bytes);
    expect(parents[0]).toBe(true);
    expect(parents).toHaveLength(2);
  });

  /** Buffers that ten messages of several chunks come in. */
  function buffersOfTen(limits: ChunkLimits): number {
    // A place in a buffer each: Node takes small ones from a larger one.
    const places = new Map<ArrayBufferLike, Set<number>>();
    const large = body(20_000);
    const decoder = new ChunkDecoder(({ payload }) => {
      const offsets = places.get(payload.buffer) ?? new Set();
      places.set(payload.buffer, offsets.add(payload.byteOffset));
      return true;
    });
    decoder.limits = limits;
    const bytes = all(chunks(h0(6, 0, large.length, 9), large, h3(6)));
    for (let i = 0; i < 10; i++) decoder.push(bytes);
    return [...places.values()].reduce((count, offsets) => count + offsets.size, 0);
  }

  test('a buffer is used again for a peer that sends media', () => {
    expect(buffersOfTen(MEDIA_LIMITS)).toBe(1);
  });

  test('none is kept for a peer that sends commands: of a player every byte counts', () => {
    expect(buffersOfTen(COMMAND_LIMITS)).toBe(10);
  });
});

describe('stopping', () => {
  const bytes = all(h0(4, 1, 1, 8), hex('01'), h0(4, 2, 1, 8), hex('02'), h0(4, 3, 1, 8), hex('03'));

  test('the sink stops the decoder behind a message; the rest is taken later', () => {
    const times: number[] = [];
    const decoder = new ChunkDecoder(({ timestamp }) => {
      times.push(timestamp);
      return timestamp !== 2;
    });
    const end = decoder.push(bytes);
    expect(times).toEqual([1, 2]);
    expect(end).toBe(26);
    expect(decoder.push(bytes, end)).toBe(bytes.length);
    expect(times).toEqual([1, 2, 3]);
  });

  test('and loses nothing when the message ends in bytes of an earlier push', () => {
    // An extended timestamp is looked for behind the last header, where the payload and the next header are.
    const tricky = all(h0(3, 0x1010203, 129, 9), body(128), h3(3), hex('01'), h0(4, 3, 1, 8), hex('03'));
    for (let cut = 1; cut < tricky.length; cut++) {
      const times: number[] = [];
      const decoder = new ChunkDecoder(({ timestamp }) => {
        times.push(timestamp);
        return false;
      });
      for (const piece of [tricky.subarray(0, cut), tricky.subarray(cut)]) {
        let at = 0;
        while (at < piece.length) at = decoder.push(piece, at);
      }
      expect(times).toEqual([0x1010203, 3]);
    }
  });
});

test('basic headers of the builder are those of the document', () => {
  expect(basic(0, 63)).toEqual(hex('3f'));
  expect(basic(1, 319)).toEqual(hex('40ff'));
  expect(basic(2, 65599)).toEqual(hex('81ffff'));
});
