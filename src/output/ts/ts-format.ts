// Prepares transport packets for all HTTP-TS viewers of a stream. PAT and PMT stand before each key frame, where
// viewers start, and at least once a second, so that a copy of the stream may be cut anywhere. Times are the stream's
// own, the same for all: a demuxer takes its zero from the first clock reference.

import { NO_BYTES } from '../../bytes/no-bytes.ts';
import { TABLES_SIZE, type TsTracks } from '../../container/mpegts/program-tables.ts';
import { TsMuxer } from '../../container/mpegts/ts-muxer.ts';
import type { MediaMessage } from '../../media/message.ts';
import type { StreamHeaders } from '../../stream/stream.ts';
import type { BodyFraming } from '../body-framing.ts';
import type { ViewerFormat } from '../fanout.ts';
import { FramedLog } from '../framed-log.ts';
import { AUDIO, VIDEO } from '../prepared-log.ts';
import type { Viewer } from '../viewer.ts';

/** PAT and PMT are repeated after so long, ms of stream time. */
const TABLES_INTERVAL_MS = 1000;
/** After so long with one track only, the other one is not expected any more, ms. */
const TRACK_GUESS_MS = 400;

export class TsFormat implements ViewerFormat {
  readonly endsWithPublisher = true;
  readonly startsWithGop = true;
  readonly #framed: FramedLog;
  readonly #muxer = new TsMuxer({ listsAnnounced: true });
  /** The last PAT and PMT, as they were written. */
  #tables = NO_BYTES;
  #tablesTracks: TsTracks | undefined;
  #tablesMs = 0;

  constructor(framing: BodyFraming) {
    this.#framed = new FramedLog(framing);
  }

  get log() {
    return this.#framed.log;
  }

  prime({ audio, video }: StreamHeaders): void {
    for (const header of [audio, video]) if (header !== undefined) this.#muxer.prepare(header);
  }

  appendMetadata(): void {
    // TS has no place for it.
  }

  appendMessage(message: MediaMessage): void {
    const packetsSize = this.#muxer.prepare(message);
    if (packetsSize === 0) return;
    const { timestampMs } = message;
    const tablesSize = this.#areTablesDue(message) ? TABLES_SIZE : 0;
    const size = tablesSize + packetsSize;
    const { page, offset } = this.#framed.reserve(size);
    if (tablesSize > 0) this.#writeTables(page, offset, timestampMs);
    this.#muxer.write(page, offset + tablesSize);
    this.#framed.commit(size, message.track === 'audio' ? AUDIO : VIDEO, timestampMs);
  }

  /** Tables that name both tracks at once spare the viewer a change. */
  isReadyToOpen(firstMediaAgeMs: number): boolean {
    const { audio, video } = this.#muxer.tracks;
    return (audio !== undefined && video !== undefined) || firstMediaAgeMs >= TRACK_GUESS_MS;
  }

  open(viewer: Viewer): void {
    this.repeatHeaders(viewer);
  }

  /** Parameter sets stand in the frames; only the tables may be missing where the viewer starts. */
  repeatHeaders(viewer: Viewer): void {
    const hasTables = viewer.next < this.log.end && startsWithPat(this.#framed.body(viewer.next));
    if (!hasTables && this.#tables.length > 0) this.#framed.writeBody(viewer, this.#tables);
  }

  writeShared(viewer: Viewer, from: number, to: number): void {
    this.#framed.write(viewer, from, to);
  }

  writeOwn(viewer: Viewer, from: number, to: number): void {
    viewer.needs &= ~(AUDIO | VIDEO);
    this.#framed.write(viewer, from, to);
  }

  end(viewer: Viewer): void {
    this.#framed.writeEnd(viewer);
  }

  #areTablesDue({ isKeyFrame, timestampMs }: MediaMessage): boolean {
    const age = timestampMs - this.#tablesMs;
    return isKeyFrame || this.#tablesTracks !== this.#muxer.tracks || age >= TABLES_INTERVAL_MS || age < 0;
  }

  #writeTables(page: Buffer, offset: number, timestampMs: number): void {
    this.#muxer.writeTables(page, offset);
    this.#tables = Buffer.from(page.subarray(offset, offset + TABLES_SIZE));
    this.#tablesTracks = this.#muxer.tracks;
    this.#tablesMs = timestampMs;
  }
}

/** PID 0: ISO/IEC 13818-1, 2.4.3.2. */
function startsWithPat(packets: Buffer): boolean {
  return packets.length > 2 && (packets[1]! & 0x1f) === 0 && packets[2] === 0;
}
