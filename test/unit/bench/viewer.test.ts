// A light viewer against a server that sends right and wrong streams over real sockets.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { flvViewer } from '../../../bench/viewer/flv-viewer.ts';
import { Viewer } from '../../../bench/viewer/viewer.ts';
import { flvFile, videoTag } from './flv-bytes.ts';

const LIMITS = { maxGapMs: { audio: 30, video: 50 }, maxFirstMs: 500 };

let server: Server | undefined;
let viewer: Viewer | undefined;

afterEach(() => {
  viewer?.close();
  server?.close();
});

async function watch(answer: Buffer, isChecked: boolean, slowBytesPerSec?: number): Promise<Viewer> {
  const listening = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write(answer));
  });
  server = listening;
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  viewer = new Viewer({
    host: '127.0.0.1',
    port,
    localAddress: '127.0.0.1',
    createProtocol: flvViewer({ authority: `127.0.0.1:${port}`, path: '/live/a.flv' }),
    checkLimits: isChecked ? LIMITS : undefined,
    slowBytesPerSec,
  });
  return viewer;
}

const OK = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n');

test('a checked viewer sees a gap', async () => {
  const stream = Buffer.concat([OK, flvFile(videoTag(0, true), videoTag(40, false), videoTag(160, false))]);
  const one = await watch(stream, true);
  await vi.waitFor(() => expect(one.watch.check?.findings().videoFrames).toBe(3));
  expect(one.watch.check?.findings()).toMatchObject({ gaps: 1, startsWithKeyFrame: true });
  expect(one.isPlaying).toBe(true);
});

test('an unchecked viewer parses to the key frame and then counts', async () => {
  const stream = Buffer.concat([
    OK,
    flvFile(videoTag(0, false), videoTag(40, true), videoTag(80, false, 100_000)),
  ]);
  const one = await watch(stream, false);
  await vi.waitFor(() => expect(one.receivedBytes).toBe(stream.length));
  expect(one.isPlaying).toBe(true);
  expect(one.failure).toBeUndefined();
});

test('a stream without key frame never counts as playing', async () => {
  const stream = Buffer.concat([OK, flvFile(videoTag(0, false), videoTag(40, false))]);
  const one = await watch(stream, true);
  await vi.waitFor(() => expect(one.watch.check?.findings().videoFrames).toBe(2));
  expect(one.isPlaying).toBe(false);
  expect(one.watch.check?.findings().startsWithKeyFrame).toBe(false);
});

test('a refusal is told', async () => {
  const one = await watch(Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'), true);
  await vi.waitFor(() => expect(one.failure).toBe('HTTP status 404'));
});

test('a slow viewer takes no more than its rate', async () => {
  const stream = Buffer.concat([OK, flvFile(videoTag(0, true), videoTag(40, false, 4_000_000))]);
  const one = await watch(stream, false, 50_000);
  await vi.waitFor(() => expect(one.isPlaying).toBe(true));
  const before = one.receivedBytes;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  // One read of 64 KB may overdraw what is allowed.
  expect(one.receivedBytes - before).toBeLessThan(50_000 + 2 * 65_536);
});
