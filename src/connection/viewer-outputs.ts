// Where connections become viewers: picks the fan-out of a stream for a wire format and its flush clock.

import { AudioFormat } from '../output/audio/audio-format.ts';
import {
  type BodyFraming,
  CHUNKED_FRAMING,
  PLAIN_FRAMING,
  WEBSOCKET_FRAMING,
} from '../output/body-framing.ts';
import type { Fanout, FanoutOptions, ViewerFormat } from '../output/fanout.ts';
import { FanoutRegistry } from '../output/fanout-registry.ts';
import { FlvFormat } from '../output/flv/flv-format.ts';
import { RtmpFormat } from '../output/rtmp/rtmp-format.ts';
import { TsFormat } from '../output/ts/ts-format.ts';
import type { Stream } from '../stream/stream.ts';
import { SlotClocks } from '../timing/slot-clock.ts';
import type { VhostOptions } from './vhost.ts';

/** A viewer may fall behind by so many bytes, whatever `queue_length` allows in time. */
const QUEUE_LENGTH_BYTES = 32 * 1024 * 1024;
/** A socket that takes nothing for so long is dead, ms (SRS: the send time-out). */
const SEND_TIMEOUT_MS = 30_000;

/** What a live stream over HTTP is made of, and how it travels. */
export type LiveFormat = 'flv' | 'ts' | 'aac' | 'mp3';
export type LiveTransport = 'plain' | 'chunked' | 'websocket';

const FORMATS: Readonly<Record<LiveFormat, (framing: BodyFraming, hasMarks: boolean) => ViewerFormat>> = {
  flv: (framing, hasMarks) => new FlvFormat(framing, hasMarks),
  ts: (framing) => new TsFormat(framing),
  aac: (framing) => new AudioFormat('aac', framing),
  mp3: (framing) => new AudioFormat('mp3', framing),
};

const FRAMINGS: Readonly<Record<LiveTransport, BodyFraming>> = {
  plain: PLAIN_FRAMING,
  chunked: CHUNKED_FRAMING,
  websocket: WEBSOCKET_FRAMING,
};

export class ViewerOutputs {
  readonly #fanouts = new FanoutRegistry();
  readonly #clocks = new SlotClocks();

  /** @param hasMarks for edges that cut the stream where this server says */
  rtmp(stream: Stream, vhost: VhostOptions, hasMarks = false): Fanout {
    const { chunkSize } = vhost;
    const create = () => new RtmpFormat(chunkSize, hasMarks);
    const key = `rtmp/${chunkSize}${hasMarks ? '/marks' : ''}`;
    return this.#fanouts.fetchOrCreate(stream, key, create, this.#options(stream, vhost));
  }

  /** @param hasMarks as for `rtmp`, with FLV */
  live(
    stream: Stream,
    vhost: VhostOptions,
    format: LiveFormat,
    transport: LiveTransport,
    hasMarks = false,
  ): Fanout {
    const create = () => FORMATS[format](FRAMINGS[transport], hasMarks);
    const key = `${format}/${transport}${hasMarks ? '/marks' : ''}`;
    return this.#fanouts.fetchOrCreate(stream, key, create, this.#options(stream, vhost));
  }

  /** The vhost of a stream has got other settings: they hold for its viewers from now on. */
  configure(stream: Stream, vhost: VhostOptions): void {
    const options = this.#options(stream, vhost);
    for (const fanout of this.#fanouts.of(stream)) fanout.configure(options);
  }

  viewerCount(stream: Stream): number {
    return this.#fanouts.viewerCount(stream);
  }

  #options(stream: Stream, vhost: VhostOptions): FanoutOptions {
    const { mergedWriteMs, queueLengthMs } = vhost.play;
    return {
      queueLengthMs,
      queueLengthBytes: QUEUE_LENGTH_BYTES,
      sendTimeoutMs: SEND_TIMEOUT_MS,
      joinWindowMs: vhost.httpRemux.fastCacheMs,
      hasPublisherTime: stream.options.hasPublisherTime,
      clock: mergedWriteMs > 0 ? this.#clocks.get(mergedWriteMs) : undefined,
      now: () => performance.now(),
    };
  }
}
