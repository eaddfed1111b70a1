// What a message costs a stream, and a flush a viewer, without sockets: the kernel's part is left out.

import { TsMuxer } from '../../src/container/mpegts/ts-muxer.ts';
import { CHUNKED_FRAMING } from '../../src/output/body-framing.ts';
import { Fanout, type ViewerFormat } from '../../src/output/fanout.ts';
import { FlvFormat } from '../../src/output/flv/flv-format.ts';
import { RtmpFormat } from '../../src/output/rtmp/rtmp-format.ts';
import type { ViewerSink } from '../../src/output/viewer.ts';
import { PagePool } from '../../src/stream/page-pool.ts';
import { type Publication, Stream } from '../../src/stream/stream.ts';
import { SlotClock, type SlotTask } from '../../src/timing/slot-clock.ts';
import type { MicroCase } from './micro-case.ts';
import { SAMPLE_HEADERS, SAMPLE_MEDIA } from './sample-stream.ts';

const VIEWERS = 1500;
const WINDOW_MS = 350;
const SAMPLE_LENGTH_MS = 4000;
const CHUNK_SIZE = 60_000;
const MAX_PACKET_BYTES = 64 * 1024;

export function outputCases(): MicroCase[] {
  return [
    fanoutCase('RTMP fan-out to 1500 viewers', () => new RtmpFormat(CHUNK_SIZE)),
    fanoutCase('HTTP-FLV fan-out to 1500 viewers', () => new FlvFormat(CHUNKED_FRAMING)),
    tsCase(),
  ];
}

/** Takes everything at once, as a socket does whose client keeps up. */
class NullSink implements ViewerSink {
  readonly writableLength = 0;
  write(): boolean {
    return true;
  }
  cork(): void {}
  uncork(): void {}
}

/** A clock that only flushes when it is told to. */
class ManualClock extends SlotClock {
  readonly groups: SlotTask[] = [];
  override add(group: SlotTask): () => void {
    this.groups.push(group);
    return () => {};
  }
}

function fanoutCase(name: string, createFormat: () => ViewerFormat): MicroCase {
  const { clock, publication } = startFanout(createFormat());
  let startMs = 0;
  return {
    name,
    unit: 'viewer and flush',
    run: () => {
      startMs += SAMPLE_LENGTH_MS;
      let flushes = 0;
      let flushedMs = startMs;
      for (const message of SAMPLE_MEDIA) {
        const timestampMs = startMs + message.timestampMs;
        publication.message({ ...message, timestampMs });
        if (timestampMs - flushedMs < WINDOW_MS) continue;
        flushedMs = timestampMs;
        flushes++;
        for (const group of clock.groups) group.run();
      }
      return flushes * VIEWERS;
    },
  };
}

function startFanout(format: ViewerFormat): {
  readonly clock: ManualClock;
  readonly publication: Publication;
} {
  const id = { vhost: '__defaultVhost__', app: 'live', stream: 'micro' };
  const options = {
    hasGopCache: true,
    gopCacheMaxFrames: 0,
    gopCacheMaxBytes: 2 ** 25,
    hasPublisherTime: false,
    reduceSequenceHeader: false,
    hasPublisherTimeIfAsked: false,
  };
  const stream = new Stream(id, options, new PagePool(), () => {});
  const publication = stream.publish({ stop: () => {} });
  if (publication === undefined) throw new Error('the stream is taken');
  const clock = new ManualClock(WINDOW_MS);
  const limits = { queueLengthMs: 30_000, queueLengthBytes: 2 ** 25, joinWindowMs: 0, sendTimeoutMs: 30_000 };
  const fanoutOptions = { ...limits, hasPublisherTime: false, clock, now: () => performance.now() };
  const fanout = new Fanout(stream, format, fanoutOptions, () => {});
  for (const message of [...SAMPLE_HEADERS, ...SAMPLE_MEDIA]) publication.message(message);
  for (let i = 0; i < VIEWERS; i++) {
    fanout.add({
      sink: new NullSink(),
      preamble: undefined,
      durationMs: 0,
      onEnd: () => {},
      onSkip: () => {},
    });
  }
  return { clock, publication };
}

function tsCase(): MicroCase {
  const muxer = new TsMuxer();
  const room = Buffer.alloc(MAX_PACKET_BYTES);
  for (const header of SAMPLE_HEADERS) muxer.prepare(header);
  return {
    name: 'MPEG-TS mux',
    unit: 'message',
    run: () => {
      for (const message of SAMPLE_MEDIA) {
        if (muxer.prepare(message) === 0)
          throw new Error(`the muxer refuses the sample: ${muxer.skipReason}`);
        muxer.write(room, 0);
      }
      return SAMPLE_MEDIA.length;
    },
  };
}
