import { expect, test } from 'vitest';
import { type AmfValue, encodeAmf0, readCommandAnswer } from '../../../bench/wire/amf0.ts';
import { ChunkReader } from '../../../bench/wire/chunk-reader.ts';
import { encodeChunks } from '../../../bench/wire/chunk-writer.ts';
import { RtmpDialogue } from '../../../bench/wire/rtmp-dialogue.ts';

const TARGET = { app: 'live', stream: 'a', tcUrl: 'rtmp://127.0.0.1/live' };
const HANDSHAKE = Buffer.alloc(3073, 3);

function command(...values: readonly AmfValue[]): Buffer {
  return encodeChunks(
    { chunkStreamId: 3, type: 20, streamId: 0, timestampMs: 0, body: encodeAmf0(...values) },
    128,
  );
}

/** Runs a dialogue against the given answers; returns what happened, in order. */
function run(goal: 'play' | 'publish', answers: readonly Buffer[], pieceBytes: number): string[] {
  const log: string[] = [];
  let isShaken = false;
  const sent = new ChunkReader((type, _time, _length, head, headBytes) => {
    if (type === 20) log.push(`> ${readCommandAnswer(head.subarray(0, headBytes))?.name}`);
  });
  const dialogue = new RtmpDialogue(goal, TARGET, {
    write: (bytes) => {
      const skipped = isShaken ? 0 : log.length === 0 ? bytes.length : 1536;
      if (log.length === 0) log.push('> hello');
      else isShaken = true;
      sent.feed(bytes, skipped, bytes.length);
    },
    onReady: (streamId) => log.push(`ready ${streamId}`),
    onRefused: (reason) => log.push(`refused ${reason}`),
    onMedia: (type, timestampMs, length) => log.push(`media ${type} ${timestampMs} ${length}`),
  });
  dialogue.start();
  const bytes = Buffer.concat([HANDSHAKE, ...answers]);
  for (let at = 0; at < bytes.length; at += pieceBytes)
    dialogue.feed(bytes, at, Math.min(bytes.length, at + pieceBytes));
  return log;
}

const CONNECTED = command(
  '_result',
  1,
  { fmsVer: 'x' },
  { level: 'status', code: 'NetConnection.Connect.Success' },
);
const CREATED = command('_result', 2, null, 1);
const PLAYING = command('onStatus', 0, null, { level: 'status', code: 'NetStream.Play.Start' });
const MEDIA = encodeChunks(
  { chunkStreamId: 6, type: 9, streamId: 1, timestampMs: 40, body: Buffer.alloc(200) },
  128,
);

test.each([1, 7, 5000])('plays, with answers in pieces of %d bytes', (pieceBytes) => {
  const log = run('play', [CONNECTED, command('onBWDone', 0, null), CREATED, PLAYING, MEDIA], pieceBytes);
  expect(log).toEqual(['> hello', '> connect', '> createStream', '> play', 'ready 1', 'media 9 40 200']);
});

test('publishes on the stream id that the server chose', () => {
  const published = command('onStatus', 0, null, { level: 'status', code: 'NetStream.Publish.Start' });
  const answers = [CONNECTED, command('_result', 2, null, null), command('_result', 4, null, 5), published];
  expect(run('publish', answers, 5000)).toEqual([
    '> hello',
    '> connect',
    '> releaseStream',
    '> FCPublish',
    '> createStream',
    '> publish',
    'ready 5',
  ]);
});

test('tells why it was refused', () => {
  const refusal = command('onStatus', 0, null, { level: 'error', code: 'NetStream.Play.StreamNotFound' });
  expect(run('play', [CONNECTED, CREATED, refusal], 5000).at(-1)).toBe(
    'refused onStatus NetStream.Play.StreamNotFound',
  );
  const rejected = command('_error', 1, null, { level: 'error', code: 'NetConnection.Connect.Rejected' });
  expect(run('play', [rejected], 5000).at(-1)).toBe('refused _error NetConnection.Connect.Rejected');
});
