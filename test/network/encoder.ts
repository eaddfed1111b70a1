// An encoder that sends one file in real time to several servers at once: each has the same bytes at the same time.

import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { digests, type FlvTag, mediaFrames } from '../helpers/flv.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import type { TestServer } from '../helpers/server.ts';

/** Writes that are due within so long leave together, ms. */
const TICK_MS = 20;

export class Encoder {
  /** What was sent so far, on one clock. */
  readonly sent: FlvTag[] = [];
  readonly #peers: readonly RtmpPeer[];
  #isStopped = false;
  readonly #end: Promise<void>;

  private constructor(peers: readonly RtmpPeer[], tags: readonly FlvTag[]) {
    this.#peers = peers;
    this.#end = this.#run(tags);
  }

  /** Publishes `tags` over and over, without a jump of time. */
  static async start(
    servers: readonly TestServer[],
    stream: string,
    tags: readonly FlvTag[],
  ): Promise<Encoder> {
    const peers = await Promise.all(
      servers.map((server) => RtmpPeer.publisher(server.target, server.tcUrl(), stream)),
    );
    return new Encoder(peers, tags);
  }

  get peers(): readonly RtmpPeer[] {
    return this.#peers;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#end;
    for (const peer of this.#peers) peer.destroy();
  }

  async #run(tags: readonly FlvTag[]): Promise<void> {
    const startMs = Date.now();
    const lengthMs = Math.max(...tags.map((tag) => tag.timestampMs)) + 40;
    for (let round = 0; !this.#isStopped; round++) {
      for (const tag of round === 0 ? tags : mediaFrames(tags)) {
        const timestampMs = round * lengthMs + tag.timestampMs;
        while (Date.now() - startMs < timestampMs && !this.#isStopped) await delay(TICK_MS);
        if (this.#isStopped) return;
        this.sent.push({ ...tag, timestampMs });
        for (const peer of this.#peers) if (!peer.isClosed) peer.sendTag(tag, timestampMs);
      }
    }
  }
}

/**
 * Everything that was sent from the first frame received on, in order, once, with its own distance in time, but for
 * one gap of at most `maxGapMs` that ends at a key frame. Returns how long the gap is, ms.
 */
export function expectStreamWithGap(
  received: readonly FlvTag[],
  sent: readonly FlvTag[],
  maxGapMs: number,
): number {
  const frames = mediaFrames(received);
  const source = mediaFrames(sent);
  const [own, all] = [digests(frames), digests(source)];
  let gapMs = 0;
  let at = all.indexOf(own[0] ?? '');
  expect(at, 'the first frame is one of the source').toBeGreaterThanOrEqual(0);
  const shifts: number[] = [];
  own.forEach((digest, index) => {
    if (all[at] !== digest) {
      const resumed = all.indexOf(digest, at);
      expect(resumed, `frame ${index} was sent after the one before it`).toBeGreaterThan(at);
      expect(gapMs, `a second gap, at frame ${index}`).toBe(0);
      expect(frames[index]?.body[0], 'the gap ends at a key frame').toBe(0x17);
      gapMs = (source[resumed]?.timestampMs ?? 0) - (source[at]?.timestampMs ?? 0);
      at = resumed;
      shifts.length = 0;
    }
    shifts.push((frames[index]?.timestampMs ?? 0) - (source[at]?.timestampMs ?? 0));
    expect(
      Math.max(...shifts.slice(-2)) - Math.min(...shifts.slice(-2)),
      `clock at frame ${index}`,
    ).toBeLessThanOrEqual(2);
    at++;
  });
  expect(gapMs).toBeLessThanOrEqual(maxGapMs);
  return gapMs;
}
