// An ffmpeg that publishes the first part of a file and then waits for the test: what happens meanwhile happens
// in the middle of the stream, however busy the machine is.

import { readFileSync } from 'node:fs';
import { Child } from './child.ts';
import { ffmpegPath } from './ffmpeg.ts';
import { type FlvTag, parseFlv } from './flv.ts';
import { RtmpPeer } from './rtmp-peer.ts';
import { PATIENCE_MS, waitFor } from './wait-for.ts';

/** ffmpeg keeps the last packets until it knows how the tracks interleave. */
const MUXER_DELAY_MS = 400;

export class HeldPublisher {
  readonly child: Child;
  readonly #rest: Buffer;

  private constructor(child: Child, rest: Buffer) {
    this.child = child;
    this.#rest = rest;
  }

  /** Resolves when the server has passed on the file up to about `mediaMs`. */
  static async start(
    file: string,
    target: { readonly port: number },
    stream: string,
    mediaMs: number,
  ): Promise<HeldPublisher> {
    const tcUrl = `rtmp://127.0.0.1:${target.port}/live`;
    const witness = await RtmpPeer.player(target, tcUrl, stream);
    const bytes = readFileSync(file);
    const cut = offsetAt(parseFlv(bytes).tags, mediaMs);
    const child = new Child(
      ffmpegPath(),
      // Without a limit ffmpeg looks at the first five seconds before it sends anything.
      [
        ...[
          '-hide_banner',
          '-v',
          'info',
          '-nostats',
          '-analyzeduration',
          '300000',
          '-f',
          'flv',
          '-i',
          'pipe:0',
        ],
        ...['-c', 'copy', '-f', 'flv', `${tcUrl}/${stream}`],
      ],
      { hasInput: true },
    );
    child.input.write(bytes.subarray(0, cut));
    await waitFor(
      () => `the first part of the stream; ${child.describe()}`,
      () => {
        if (child.status) throw new Error(child.describe());
        return witness.tags.some((tag) => tag.timestampMs >= mediaMs - MUXER_DELAY_MS);
      },
    );
    witness.destroy();
    return new HeldPublisher(child, bytes.subarray(cut));
  }

  /** Publishes the rest of the file, at once; then ffmpeg ends. */
  async finish(): Promise<void> {
    this.child.input.end(this.#rest);
    const { code } = await this.child.exited(PATIENCE_MS);
    if (code !== 0) throw new Error(this.child.describe());
  }
}

/** Where the first tag begins whose time is `mediaMs` or later. */
function offsetAt(tags: readonly FlvTag[], mediaMs: number): number {
  let offset = 13;
  for (const tag of tags) {
    if (tag.timestampMs >= mediaMs) break;
    offset += 11 + tag.body.length + 4;
  }
  return offset;
}
