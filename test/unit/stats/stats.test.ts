import { expect, test } from 'vitest';
import { Bitrate, RateWindow } from '../../../src/stats/bitrate.ts';
import { Traffic } from '../../../src/stats/traffic.ts';

/** 125 bytes a ms are 1000 kbit/s. */
const BYTES_PER_MS = 125;

test('a window of 30 s tumbles as in SRS', () => {
  const window = new RateWindow(30_000, 1000);
  const at: [number, number][] = [];
  // Traffic stops after 45 s.
  for (let elapsedMs = 3000; elapsedMs <= 96_000; elapsedMs += 3000) {
    window.sample(Math.min(elapsedMs, 45_000) * BYTES_PER_MS, 1000 + elapsedMs);
    if (at.at(-1)?.[1] !== window.kbps) at.push([elapsedMs, window.kbps]);
  }
  expect(at).toEqual([
    [3000, 0],
    [30_000, 1000],
    [60_000, 500],
    [90_000, 0],
  ]);
});

test('the triple of log lines: since the start, 30 s, 5 min', () => {
  const rate = new Bitrate(0);
  expect(String(rate)).toBe('0,0,0');
  rate.sample(3000 * BYTES_PER_MS, 3000);
  expect(String(rate)).toBe('1000,0,0');
  rate.sample(30_000 * BYTES_PER_MS, 30_000);
  expect(String(rate)).toBe('1000,1000,0');
  for (let nowMs = 33_000; nowMs <= 300_000; nowMs += 3000) rate.sample(30_000 * BYTES_PER_MS, nowMs);
  expect(String(rate)).toBe('100,0,100');
});

test('a sample in the very first millisecond divides by nothing', () => {
  const rate = new Bitrate(5);
  rate.sample(1000, 5);
  expect(rate.averageKbps).toBe(0);
});

test('differences go up the chain, each byte once', () => {
  const server = new Traffic(0);
  const stream = new Traffic(0, new Traffic(0, server));
  const publisher = new Traffic(0, server);
  publisher.update(3000, 500);
  // Now it is known what it publishes.
  publisher.parent = stream;
  publisher.update(10_000, 600);
  const viewer = new Traffic(0, stream);
  viewer.update(100, 7000);
  viewer.update(100, 7000);
  const bytes = [publisher, viewer, stream, stream.parent!, server].map((node) => [
    node.receivedBytes,
    node.sentBytes,
  ]);
  expect(bytes).toEqual([
    [10_000, 600],
    [100, 7000],
    [7100, 7100],
    [7100, 7100],
    [10_100, 7600],
  ]);
  server.sample(1000);
  expect([server.received.averageKbps, server.sent.averageKbps]).toEqual([80, 60]);
});

test('bytes without a socket', () => {
  const stream = new Traffic(0);
  new Traffic(0, stream).add(0, 1000);
  expect(stream.sentBytes).toBe(1000);
});
