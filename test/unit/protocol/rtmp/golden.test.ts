// Replays bytes of real peers (test/golden/rtmp/README.md says how each was captured).

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RtmpClientSession } from '../../../../src/protocol/rtmp/client-session.ts';
import { decodeAmf, encodeAmf } from '../../../helpers/amf0.ts';
import { SessionPeer } from './session-peer.ts';

const folder = join(import.meta.dirname, '../../../golden/rtmp');
const golden = (name: string): Buffer => readFileSync(join(folder, name));

interface Tag {
  readonly typeId: number;
  readonly timestamp: number;
  readonly payload: string;
}

/** The tags of source.flv: audio and video are what every publisher must deliver unchanged. */
function sourceTags(): Tag[] {
  const flv = golden('source.flv');
  const tags: Tag[] = [];
  for (let at = 13; at < flv.length; ) {
    const size = flv.readUIntBE(at + 1, 3);
    const timestamp = flv.readUIntBE(at + 4, 3);
    const payload = flv.subarray(at + 11, at + 11 + size).toString('hex');
    tags.push({ typeId: flv[at]!, timestamp, payload });
    at += 11 + size + 4;
  }
  return tags;
}

const source = sourceTags();
const isMedia = ({ typeId }: Tag): boolean => typeId !== 18;

interface Replay {
  readonly peer: SessionPeer;
  readonly events: string[];
  readonly tags: Tag[];
}

function replay(name: string, step?: number): Replay {
  const peer = new SessionPeer();
  peer.raw(golden(name));
  peer.flush(step);
  const all = peer.take();
  const tags = all
    .filter((event) => event.startsWith('media '))
    .map((event) => {
      const [, typeId, timestamp, payload] = event.split(' ');
      return { typeId: Number(typeId), timestamp: Number(timestamp), payload: payload! };
    });
  return { peer, events: all.filter((event) => !event.startsWith('media ')), tags };
}

/** A part of the source's tags of one type, in their order: relays begin late or leave out an end marker. */
function expectPartOfSource(tags: readonly Tag[], typeId: number): void {
  const wanted = source.filter((tag) => tag.typeId === typeId).map(({ payload }) => payload);
  const got = tags.filter((tag) => tag.typeId === typeId).map(({ payload }) => payload);
  let at = 0;
  for (const payload of got) {
    const found = wanted.indexOf(payload, at);
    expect(found, `${typeId} ${payload.slice(0, 40)}`).toBeGreaterThanOrEqual(at);
    at = found + 1;
  }
}

function metadataName(tag: Tag | undefined): unknown {
  return decodeAmf(Buffer.from(tag?.payload ?? '', 'hex'))[0];
}

test('the source has what the tests count on', () => {
  expect(source.filter(({ typeId }) => typeId === 9)).toHaveLength(7);
  expect(source.filter(({ typeId }) => typeId === 8).length).toBeGreaterThan(20);
});

describe('publishers', () => {
  test('ffmpeg delivers the source tag by tag', () => {
    const { peer, events, tags } = replay('ffmpeg-publish.bin');
    expect(events).toEqual([
      'connect 127.0.0.1 live',
      'fmle-publish 127.0.0.1/live/golden?token=1',
      'publish ended',
    ]);
    expect(peer.notices[0]).toBe('complex handshake success.');
    expect(tags.filter(isMedia)).toEqual(source.filter(isMedia));
    expect(metadataName(tags[0])).toBe('onMetaData');
  });

  test.each([
    ['gst-rtmp2sink.bin', 'fmle-publish'],
    ['gst-rtmpsink.bin', 'fmle-publish'],
  ])('%s', (name, kind) => {
    const { events, tags } = replay(name);
    expect(events.slice(0, 2)).toEqual(['connect 127.0.0.1 live', `${kind} 127.0.0.1/live/golden`]);
    expectPartOfSource(tags.slice(4), 8);
    expect(tags.filter(({ typeId }) => typeId === 8).length).toBeGreaterThan(20);
    expect(tags.filter(({ typeId }) => typeId === 9).length).toBeGreaterThanOrEqual(6);
    // It repeats its metadata with every tag that it learns.
    const data = tags.filter(({ typeId }) => typeId === 18);
    expect(data.length).toBeGreaterThan(1);
    for (const tag of data) expect(metadataName(tag)).toBe('onMetaData');
  });

  test.each([
    ['nginx-push.bin', 0],
    ['nginx-push-extended.bin', 17_000_000],
  ])('%s', (name, offset) => {
    const { peer, events, tags } = replay(name);
    expect(events.slice(0, 2)).toEqual(['connect 127.0.0.1 live', 'flash-publish 127.0.0.1/live/golden']);
    expectPartOfSource(tags, 8);
    expectPartOfSource(tags, 9);
    const media = tags.filter(isMedia);
    expect(media.length).toBeGreaterThan(20);
    for (const { timestamp, payload } of media) {
      if (/^(af|17)00/.test(payload)) continue; // sequence headers are sent when the relay begins
      const times = source.filter((tag) => tag.payload === payload).map((tag) => tag.timestamp + offset);
      expect(Math.min(...times.map((time) => Math.abs(timestamp - time)))).toBeLessThanOrEqual(1);
    }
    expect(peer.session.inAckSize).toBe(5_000_000);
  });
});

describe('players', () => {
  test.each([
    ['ffmpeg-play.bin', 0, true],
    ['rtmpdump-play.bin', 1000, true],
    ['gst-rtmpsrc.bin', 0, true],
    ['gst-rtmp2src.bin', 0, false],
    ['nginx-pull.bin', 0, false],
  ])('%s', (name, durationMs, saysGoodbye) => {
    const { events } = replay(name);
    const expected = ['connect 127.0.0.1 live', `play 127.0.0.1/live/golden ${durationMs}`];
    expect(events).toEqual(saysGoodbye ? [...expected, 'play ended'] : expected);
  });
});

describe('every capture, cut into pieces, gives the same', () => {
  const names = [
    'ffmpeg-publish.bin',
    'gst-rtmp2sink.bin',
    'gst-rtmpsink.bin',
    'nginx-push.bin',
    'nginx-push-extended.bin',
    'ffmpeg-play.bin',
    'rtmpdump-play.bin',
    'gst-rtmp2src.bin',
    'gst-rtmpsrc.bin',
    'nginx-pull.bin',
  ];
  test.each(names.flatMap((name) => [1, 7, 1000].map((step) => [name, step] as const)))(
    '%s in pieces of %i',
    (name, step) => {
      const whole = replay(name);
      const cut = replay(name, step);
      expect(cut.events).toEqual(whole.events);
      expect(cut.tags).toEqual(whole.tags);
      // A result carries nothing that depends on how the bytes arrived, acknowledgements do.
      const withoutAcks = (peer: SessionPeer): string[] =>
        peer.replies().filter((reply) => !reply.startsWith('ack'));
      expect(withoutAcks(cut.peer)).toEqual(withoutAcks(whole.peer));
    },
  );
});

test('connect of a Flash player, in four chunks', () => {
  const peer = new SessionPeer();
  peer.handshake();
  peer.raw(golden('flash-connect.bin'));
  peer.flush(1);
  expect(peer.connects[0]).toMatchObject({ flashVer: 'WIN 12,0,0,41', objectEncoding: 3 });
  expect(peer.connects[0]?.tcUrl).toMatch(/^rtmp:\/\/dev:1935\/live/);
  expect(peer.connects[0]?.swfUrl).toMatch(/^http:\/\/www\.ossrs\.net:8085\/players\/srs_player/);
});

describe('nginx-rtmp as server', () => {
  interface ClientReplay {
    readonly session: RtmpClientSession;
    readonly events: string[];
    readonly tags: Tag[];
    readonly sent: number;
  }

  function replayToClient(name: string, role: 'play' | 'publish', step: number): ClientReplay {
    const events: string[] = [];
    const tags: Tag[] = [];
    let sent = 0;
    const tcUrl = 'rtmp://127.0.0.1:19351/live';
    const options = { role, tcUrl, app: 'live', stream: 'golden', chunkSize: 60_000, randomBytes };
    const session = new RtmpClientSession(options, {
      output: (bytes) => {
        sent += bytes.length;
      },
      connected: (identity) => events.push(`connected ${identity.server}`),
      started: () => events.push('started'),
      media: ({ typeId, timestamp, payload }) =>
        tags.push({ typeId, timestamp, payload: payload.toString('hex') }),
      statusReceived: ({ code }) => events.push(code),
      refused: ({ code }) => events.push(`refused ${code}`),
      redirected: ({ url }) => events.push(`redirected ${url}`),
      notice: (text) => events.push(text),
    });
    session.start(0);
    const bytes = golden(name);
    for (let at = 0; at < bytes.length; at += step) session.receive(bytes.subarray(at, at + step));
    return { session, events, tags, sent };
  }

  test.each([1, 100, 100_000])('answers a publish, in pieces of %i', (step) => {
    const { session, events, sent } = replayToClient('nginx-answers-publish.bin', 'publish', step);
    expect(events).toEqual(['connected ', 'started', 'NetStream.Unpublish.Success']);
    expect(session.streamId).toBe(1);
    expect(sent).toBeGreaterThan(3073);
  });

  test.each([1, 100, 100_000])('answers a play, in pieces of %i', (step) => {
    const { events, tags } = replayToClient('nginx-answers-play.bin', 'play', step);
    expect(events).toEqual(['connected ', 'started']);
    expect(tags[0]?.payload).toBe(encodeAmf('|RtmpSampleAccess', true, true).toString('hex'));
    expect(metadataName(tags[1])).toBe('onMetaData');
    const payloads = new Set(source.map(({ payload }) => payload));
    const media = tags.filter(isMedia);
    expect(media.length).toBeGreaterThan(20);
    for (const { payload } of media) expect(payloads.has(payload)).toBe(true);
  });
});
