import { expect, test } from 'vitest';
import type { MediaMessage } from '../../../src/media/message.ts';
import { MixQueue } from '../../../src/stream/mix-queue.ts';

/** `v40` is a video message at 40 ms. What comes out, message by message and at the end. */
function mixed(input: string): { readonly out: string; readonly rest: string } {
  const out: string[] = [];
  const queue = new MixQueue({
    metadata: () => {},
    message: ({ track, timestampMs, payload }) => {
      expect(payload.toString()).toBe(String(timestampMs));
      out.push(`${track === 'video' ? 'v' : 'a'}${timestampMs}`);
    },
  });
  for (const text of input.split(' ')) {
    const payload = Buffer.from(text.slice(1));
    const message: MediaMessage = {
      track: text.startsWith('v') ? 'video' : 'audio',
      codec: text.startsWith('v') ? 'h264' : 'aac',
      timestampMs: Number(text.slice(1)),
      isKeyFrame: false,
      isSequenceHeader: false,
      payload,
    };
    queue.message(message);
    payload.fill(0); // lent only
  }
  const before = out.length;
  queue.flush();
  return { out: out.slice(0, before).join(' '), rest: out.slice(before).join(' ') };
}

test.each([
  ['a well mixed stream stays as it is', 'v0 a5 v40 a45', 'v0 a5 v40', 'a45'],
  ['tracks in bursts are put in order', 'v0 v40 v80 a0 a20 a40', 'v0 a0 a20 v40 a40', 'v80'],
  [
    'a track alone waits for ten',
    'a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10',
    'a0 a1',
    'a2 a3 a4 a5 a6 a7 a8 a9 a10',
  ],
  ['times that wrap', 'v4294967290 v34 a4294967295 a20', 'v4294967290 a4294967295 a20', 'v34'],
])('%s', (_, input, out, rest) => {
  expect(mixed(input)).toEqual({ out, rest });
});
