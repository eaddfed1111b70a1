// Random messages in random chunks, written by a reference encoder that uses every liberty of the document; and
// random bytes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../../src/protocol/error.ts';
import { ChunkDecoder } from '../../../../src/protocol/rtmp/chunk-decoder.ts';
import { ChunkEncoder } from '../../../../src/protocol/rtmp/chunk-encoder.ts';
import {
  COMMAND_LIMITS,
  MAX_CHUNK_STREAMS,
  MAX_MESSAGE_SIZE,
  MEDIA_LIMITS,
} from '../../../../src/protocol/rtmp/chunk-limits.ts';
import { arrayBuffersHeld } from '../../../helpers/array-buffers.ts';
import { body, type Decoded, decodeChunks, h0, h1, h2, h3, hex } from './chunk-builder.ts';

interface Planned {
  readonly csid: number;
  readonly typeId: number;
  readonly timestamp: number;
  readonly size: number;
}

/** What the reference encoder sent last on a chunk stream. */
interface Sent extends Planned {
  readonly delta: number;
  readonly isAbsolute: boolean;
}

/** Header of the smallest type that the last message on the stream allows, or of a larger one. */
function header(message: Planned, last: Sent | undefined, largerBy: number): { bytes: Buffer; sent: Sent } {
  const { csid, typeId, timestamp, size } = message;
  const delta = last === undefined ? 0 : (timestamp - last.timestamp) >>> 0;
  let smallest = 0;
  if (last !== undefined) {
    smallest = 1;
    if (typeId === last.typeId && size === last.size) smallest = 2;
    // Nobody agrees on what type 3 says behind a type 0 with an extended timestamp.
    if (smallest === 2 && delta === last.delta && delta < 0xffffff) smallest = 3;
  }
  const fmt = Math.max(0, smallest - largerBy);
  const sentDelta = fmt === 0 ? timestamp : delta;
  const bytes = [
    () => h0(csid, timestamp, size, typeId),
    () => h1(csid, delta, size, typeId),
    () => h2(csid, delta),
    () => h3(csid),
  ][fmt]!();
  return { bytes, sent: { ...message, delta: sentDelta, isAbsolute: fmt === 0 } };
}

/** No planned message has it. */
const LAST_CSID = 5;

/** Interleaves the messages of different chunk streams; `picks` decides whose chunk is next. */
function encodeAll(
  plan: readonly Planned[],
  chunkSize: number,
  repeatsExtended: boolean,
  picks: readonly number[],
): { bytes: Buffer; messages: Decoded[] } {
  const parts: Buffer[] = [h0(2, 0, 4, 1, 0), hex(chunkSize.toString(16).padStart(8, '0'))];
  const messages: Decoded[] = [];
  const last = new Map<number, Sent>();
  const queues = new Map<number, Planned[]>();
  for (const message of plan) {
    const queue = queues.get(message.csid) ?? [];
    queues.set(message.csid, queue);
    queue.push(message);
  }
  const open = new Map<number, { payload: Buffer; at: number }>();
  for (let step = 0; queues.size > 0; step++) {
    const pick = picks[step % picks.length]!;
    const csid = [...queues.keys()][pick % queues.size]!;
    const queue = queues.get(csid)!;
    const message = queue[0]!;
    let body = open.get(csid);
    if (body === undefined) {
      const { bytes, sent } = header(message, last.get(csid), pick % 4);
      last.set(csid, sent);
      parts.push(bytes);
      body = { payload: bodyOf(message), at: 0 };
      open.set(csid, body);
    } else {
      const { delta } = last.get(csid)!;
      parts.push(h3(csid, repeatsExtended && delta >= 0xffffff ? delta : undefined));
    }
    const end = Math.min(body.at + chunkSize, message.size);
    parts.push(body.payload.subarray(body.at, end));
    body.at = end;
    if (end < message.size) continue;
    const { typeId, timestamp } = message;
    messages.push({ csid, typeId, timestamp, streamId: 1, payload: body.payload.toString('hex') });
    open.delete(csid);
    queue.shift();
    if (queue.length === 0) queues.delete(csid);
  }
  // Who does not repeat extended timestamps may end with a byte that begins one: what comes next tells.
  parts.push(h0(LAST_CSID, 0, 1, 8), body(1));
  messages.push({ csid: LAST_CSID, typeId: 8, timestamp: 0, streamId: 1, payload: body(1).toString('hex') });
  return { bytes: Buffer.concat(parts), messages };
}

function bodyOf({ csid, timestamp, size }: Planned): Buffer {
  return body(size, csid + timestamp);
}

const planned = fc.record({
  csid: fc.constantFrom(3, 4, 6, 63, 64, 319, 320, 65599),
  typeId: fc.constantFrom(8, 9, 18),
  timestamp: fc.oneof(
    fc.constantFrom(0, 40, 80, 120, 0xfffffe, 0xffffff, 0x1000000, 0xffffffff),
    fc.integer({ min: 0, max: 0xffffffff }),
  ),
  size: fc.oneof(fc.constantFrom(1, 127, 128, 129, 256, 300), fc.integer({ min: 1, max: 2000 })),
});

describe('reference encoder to decoder', () => {
  test('any messages, any interleaving, any cuts', () => {
    fc.assert(
      fc.property(
        fc.array(planned, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(128, 129, 500, 4096),
        fc.boolean(),
        fc.array(fc.nat(100), { minLength: 1, maxLength: 16 }),
        fc.array(fc.nat(10_000), { maxLength: 20 }),
        (plan, chunkSize, repeats, picks, cutSeeds) => {
          const { bytes, messages } = encodeAll(plan, chunkSize, repeats, picks);
          const cuts = [...new Set(cutSeeds.map((seed) => seed % bytes.length))].sort((a, b) => a - b);
          expect(decodeChunks(bytes, cuts).slice(1)).toEqual(messages);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('our encoder to our decoder', () => {
  test('any message, any chunk size', () => {
    fc.assert(
      fc.property(planned, fc.integer({ min: 128, max: 70_000 }), (message, chunkSize) => {
        const encoder = new ChunkEncoder();
        const size = Buffer.alloc(4);
        size.writeUInt32BE(chunkSize);
        const first = encoder.encode(2, 1, 0, 0, size);
        encoder.chunkSize = chunkSize;
        const { csid, typeId, timestamp } = message;
        const payload = bodyOf(message);
        const bytes = Buffer.concat([first, encoder.encode(csid, typeId, 1, timestamp, payload)]);
        const expected = { csid, typeId, timestamp, streamId: 1, payload: payload.toString('hex') };
        expect(decodeChunks(bytes).slice(1)).toEqual([expected]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('hostile bytes', () => {
  test('decode, or fail with ProtocolError', () => {
    const byte = fc.oneof(
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }) },
      fc.constantFrom(0x00, 0x01, 0x02, 0x03, 0x43, 0x83, 0xc3, 0xff),
    );
    const cuts = fc.array(fc.nat(300), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 300 }), cuts, fc.boolean(), (list, seeds, isMedia) => {
        const bytes = Buffer.from(list);
        const at = seeds.filter((seed) => seed < bytes.length).sort((a, b) => a - b);
        try {
          decodeChunks(bytes, at, isMedia ? MEDIA_LIMITS : COMMAND_LIMITS);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  const decoderWith = (limits: typeof MEDIA_LIMITS): ChunkDecoder => {
    const decoder = new ChunkDecoder(() => true);
    decoder.limits = limits;
    return decoder;
  };

  test('16 MB announced before publish', () => {
    const decoder = decoderWith(COMMAND_LIMITS);
    expect(() => decoder.push(h0(3, 0, MAX_MESSAGE_SIZE, 20))).toThrow(
      expect.objectContaining({ kind: 'messageTooLarge' }),
    );
  });

  test.each([1, 2, 3, 4, 5, 6, 17, 20])(
    'a message of type %i stays small while media may be large',
    (typeId) => {
      const decoder = decoderWith(MEDIA_LIMITS);
      expect(() => decoder.push(h0(3, 0, 300_000, typeId))).toThrow(
        expect.objectContaining({ kind: 'messageTooLarge' }),
      );
      expect(() => decoderWith(MEDIA_LIMITS).push(h0(3, 0, MAX_MESSAGE_SIZE, 9))).not.toThrow();
    },
  );

  test('a type that turns into a command in the middle of a large message', () => {
    const decoder = decoderWith(MEDIA_LIMITS);
    decoder.push(Buffer.concat([h0(3, 0, 300_000, 9), body(128)]));
    expect(() => decoder.push(h1(3, 0, 300_000, 20))).toThrow(
      expect.objectContaining({ kind: 'messageTooLarge' }),
    );
  });

  test('a length from the time before the limits were lowered', () => {
    const decoder = decoderWith(MEDIA_LIMITS);
    const whole = [h0(3, 0, 300_000, 9), body(128)];
    for (let at = 128; at < 300_000; at += 128) whole.push(h3(3), body(Math.min(128, 300_000 - at)));
    decoder.push(Buffer.concat(whole));
    decoder.limits = COMMAND_LIMITS;
    expect(() => decoder.push(h3(3))).toThrow(expect.objectContaining({ kind: 'messageTooLarge' }));
  });

  test('100,000 chunk streams', () => {
    const decoder = decoderWith(MEDIA_LIMITS);
    for (let csid = 2; csid < 2 + MAX_CHUNK_STREAMS; csid++) {
      decoder.push(Buffer.concat([h0(csid, 0, 1, 8), hex('00')]));
    }
    expect(() => decoder.push(Buffer.concat([h0(5000, 0, 1, 8), hex('00')]))).toThrow(
      expect.objectContaining({ kind: 'tooManyChunkStreams' }),
    );
  });

  test('memory follows what has come, not what was announced', () => {
    const before = arrayBuffersHeld();
    const decoders = Array.from({ length: 20 }, () => decoderWith(MEDIA_LIMITS));
    for (const decoder of decoders) {
      for (let csid = 3; csid < 53; csid++) {
        decoder.push(Buffer.concat([h0(csid, 0, MAX_MESSAGE_SIZE, 9), body(128)]));
      }
    }
    // 20 connections × 50 streams × 16 MB = 16 GB announced; 8 KiB is the first size of each buffer.
    const held = arrayBuffersHeld() - before;
    expect(held).toBeGreaterThan(decoders.length * 50 * 8192 * 0.9);
    expect(held).toBeLessThan(decoders.length * 50 * 8192 * 1.5);
  });

  test('all unfinished messages together are bounded', () => {
    const decoder = decoderWith(MEDIA_LIMITS);
    const piece = Buffer.alloc(1024 * 1024);
    decoder.push(Buffer.concat([h0(2, 0, 4, 1, 0), hex('00100000')]));
    const fill = (): void => {
      for (let csid = 3; csid < 100; csid++) {
        decoder.push(Buffer.concat([h0(csid, 0, MAX_MESSAGE_SIZE, 9), piece]));
      }
    };
    expect(fill).toThrow(expect.objectContaining({ kind: 'tooMuchUnfinished' }));
  });

  test('a finished or aborted message does not count any more', () => {
    const decoder = decoderWith(COMMAND_LIMITS);
    const size = 200_000;
    const half = [h0(3, 0, size, 18), body(128)];
    for (let at = 128; at < size / 2; at += 128) half.push(h3(3), body(128));
    const abort = Buffer.concat([h0(2, 0, 4, 2, 0), hex('00000003')]);
    for (let i = 0; i < 100; i++) decoder.push(Buffer.concat([...half, abort]));
    const whole = [h0(3, 0, size, 18), body(128)];
    for (let at = 128; at < size; at += 128) whole.push(h3(3), body(Math.min(128, size - at)));
    for (let i = 0; i < 100; i++) decoder.push(Buffer.concat(whole));
  });

  test('two messages of the largest size at once are taken', () => {
    let received = 0;
    const decoder = new ChunkDecoder(({ payload }) => {
      received += payload.length;
      return true;
    });
    decoder.limits = MEDIA_LIMITS;
    decoder.push(Buffer.concat([h0(2, 0, 4, 1, 0), hex('00100000')]));
    const part = Buffer.alloc(1024 * 1024);
    const sizes = Array.from({ length: 16 }, (_, i) => (i === 15 ? part.length - 1 : part.length));
    for (const [index, size] of sizes.entries()) {
      for (const csid of [4, 6]) {
        const head = index === 0 ? h0(csid, 0, MAX_MESSAGE_SIZE, 9) : h3(csid);
        decoder.push(Buffer.concat([head, part.subarray(0, size)]));
      }
    }
    expect(received).toBe(4 + 2 * MAX_MESSAGE_SIZE);
  });

  test('deltas add up without end', () => {
    const bytes = Buffer.concat([h0(3, 0xffffffff, 1, 9), hex('aa'), h2(3, 0xffffffff), hex('bb')]);
    expect(decodeChunks(bytes).map(({ timestamp }) => timestamp)).toEqual([0xffffffff, 0xfffffffe]);
  });
});
