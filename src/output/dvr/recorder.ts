// Records one publish of one stream: decides when a file starts and ends, and goes on with another one when the disk
// lets it down.
//
//   message -> cut? -> OpenRecording (RecordingClock) -> RecordingWriter (pages) -> RecordingFile -> disk

import type { Logger } from '../../log/logger.ts';
import { RateLimitedLog } from '../../log/rate-limited-log.ts';
import type { MediaMessage } from '../../media/message.ts';
import type { Stream, StreamSubscriber } from '../../stream/stream.ts';
import type { BytePages } from '../disk/byte-pages.ts';
import type { DiskQueue } from '../disk/disk-queue.ts';
import type { DvrOptions } from './dvr-options.ts';
import type { DvrPath } from './dvr-path.ts';
import { FlvRecording } from './flv-recording.ts';
import { Mp4Recording } from './mp4-recording.ts';
import { OpenRecording } from './open-recording.ts';
import { RecordingClock } from './recording-clock.ts';
import {
  type FinishedRecording,
  type PendingBytes,
  RecordingFile,
  type RecordingFileHost,
} from './recording-file.ts';
import type { RecordingPages } from './recording-writer.ts';

export interface RecorderHost {
  readonly options: DvrOptions;
  readonly path: DvrPath;
  readonly log: Logger;
  readonly queue: DiskQueue;
  readonly pages: BytePages;
  /** Names of the files that are being written. */
  readonly openNames: Set<string>;
  /** Wall clock, ms since 1970. */
  readonly wallClock: () => number;
  /** Monotonic clock, ms. */
  readonly now: () => number;
  readonly onFile: (file: FinishedRecording) => void;
  /** A file could not be written. `isNew` if the one before could. */
  readonly onFailure: (error: Error, isNew: boolean) => void;
  /** The publisher has left; its last file is being completed. */
  readonly onEnd: () => void;
}

/** Bytes that the disk may be behind with one stream. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;
/** After a failure the next file is tried so much later, ms. */
const RETRY_MS = 10_000;
/** So many files at most start because of other codecs in that time, ms. */
const MAX_CODEC_CUTS = 30;
const CODEC_CUTS_PERIOD_MS = 60_000;

export class Recorder implements StreamSubscriber {
  readonly #stream: Stream;
  readonly #host: RecorderHost;
  readonly #trouble: RateLimitedLog;
  readonly #reported = new Set<string>();
  #isAttached = true;
  #recording: OpenRecording | undefined;
  #onGoodCut: ((message: MediaMessage) => void) | undefined;
  #settled: Promise<void> = Promise.resolve();
  readonly #pending: PendingBytes = { count: 0 };
  #isStalled = false;
  #hasFailed = false;
  #retryAtMs = 0;
  #codecCuts = 0;
  #codecCutsSinceMs = 0;

  /** Subscribes. */
  constructor(stream: Stream, host: RecorderHost) {
    this.#stream = stream;
    this.#host = host;
    this.#trouble = new RateLimitedLog((text) => host.log.warn(text));
    stream.subscribe(this);
  }

  get options(): DvrOptions {
    return this.#host.options;
  }

  published(): void {}

  gopStarted(): void {}

  gopCleared(): void {}

  metadata(): void {}

  message(message: MediaMessage): void {
    if (this.#onGoodCut !== undefined && this.#isGoodCut(message)) {
      this.#onGoodCut(message);
    } else if (message.isSequenceHeader) {
      if (this.#recording !== undefined) this.#header(this.#recording, message);
    } else if (!this.#isWaitingForDisk(message)) {
      this.#frame(message);
    } else if (this.#recording !== undefined) {
      // What is left out takes its time nevertheless.
      this.#recording.passTime(message, this.#stream.publishedMs);
    }
  }

  unpublished(): void {
    this.stop();
  }

  /**
   * Another recorder is to go on from here: calls `onCut` with the next message that it can start with, instead of
   * recording that.
   */
  replaceAtNextCut(onCut: (message: MediaMessage) => void): void {
    this.#onGoodCut = onCut;
  }

  /** Completes the open file. May be called twice. */
  stop(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.#stream.unsubscribe(this);
    this.#close();
    void this.#settled.then(() => this.#trouble.close());
    this.#host.onEnd();
  }

  /** Resolves when all files are at their place. */
  settled(): Promise<void> {
    return this.#settled;
  }

  #frame(message: MediaMessage): void {
    let recording = this.#recording;
    if (recording !== undefined) {
      recording.passTime(message, this.#stream.publishedMs);
      if (this.#cutsBefore(recording, message)) recording = undefined;
    }
    recording ??= this.#openAnother(message);
    if (!recording.leavesOut(message)) this.#write(recording, message);
  }

  #write(recording: OpenRecording, message: MediaMessage): void {
    const result = recording.write(message);
    if (result === 'no room') {
      this.#stall();
    } else if (result === 'skipped') {
      // Another file has room for what this one has none for.
      const isForAnother = recording.lastMs > 0 && this.#cutsForCodec(recording, message);
      if (isForAnother) this.#writeToAnother(message);
      else this.#report(recording, message);
    }
  }

  #writeToAnother(message: MediaMessage): void {
    const recording = this.#openAnother(message);
    if (message.track === 'video') recording.takeAnyPicture();
    this.#write(recording, message);
  }

  #cutsBefore(recording: OpenRecording, message: MediaMessage): boolean {
    const { plan, durationMs, waitsForKeyFrame } = this.#host.options;
    if (recording.writer.isCutDue) return this.#cutsForCodec(recording, message);
    if (plan === 'session' || recording.elapsedMs < durationMs) return false;
    return !waitsForKeyFrame || recording.mayEndBefore(message, durationMs);
  }

  /** A publisher that changes its codecs all the time does not fill the folder with files. */
  #cutsForCodec(recording: OpenRecording, message: MediaMessage): boolean {
    const { durationMs } = this.#host.options;
    if (!recording.writer.isCutDue || !recording.mayEndBefore(message, durationMs)) return false;
    const now = this.#host.now();
    if (now - this.#codecCutsSinceMs > CODEC_CUTS_PERIOD_MS) {
      this.#codecCutsSinceMs = now;
      this.#codecCuts = 0;
    }
    return this.#codecCuts++ < MAX_CODEC_CUTS;
  }

  #header(recording: OpenRecording, message: MediaMessage): void {
    const result = recording.header(message);
    if (result === 'no room') this.#stall();
    else if (result === 'skipped') this.#report(recording, message);
  }

  /** Completes the open file and opens one that starts with this message. */
  #openAnother(message: MediaMessage): OpenRecording {
    this.#close();
    const recording = this.#open();
    this.#recording = recording;
    recording.start(message, this.#stream.publishedMs);
    const { video, audio } = this.#stream.headers;
    for (const header of [video, audio]) if (header !== undefined) this.#header(recording, header);
    return recording;
  }

  #open(): OpenRecording {
    const { options, path, pages, openNames, queue, wallClock, log } = this.#host;
    const { headers } = this.#stream;
    const events: RecordingFileHost = {
      queue,
      pages,
      pending: this.#pending,
      openNames,
      onOpen: (name) => {
        if (!this.#hasFailed) log.trace(`dvr stream ${this.#stream.id.stream} to file ${name}`);
      },
      onFirstPart: (name) => {
        if (this.#hasFailed) log.trace(`dvr: the recording of ${this.#stream.url} goes on in ${name}`);
        this.#hasFailed = false;
      },
      onFailure: (error) => this.#failed(file, error),
      onFolderLost: (name) =>
        this.#trouble.add('folder', `dvr: the folder of ${name} was removed, it is made again`),
    };
    const file = new RecordingFile(path.at(wallClock()), events, this.#settled);
    const target: RecordingPages = {
      take: (minSize) => (this.#pending.count > MAX_PENDING_BYTES ? undefined : pages.take(minSize)),
      append: (page, from, to, isWhole) => file.append(page, from, to, isWhole),
    };
    const writer =
      path.format === 'mp4' ? new Mp4Recording(target) : new FlvRecording(target, headers.metadata);
    // A movie cannot start with hours of nothing.
    const jitter = path.format === 'mp4' && options.jitter === 'off' ? 'zero' : options.jitter;
    const clock = new RecordingClock(jitter);
    return new OpenRecording({ file, writer, clock }, options.waitsForKeyFrame);
  }

  #close(): void {
    const recording = this.#recording;
    this.#recording = undefined;
    if (recording === undefined) return;
    recording.writer.flush();
    const finished = recording.file.finish((sizeBytes) => recording.writer.complete(sizeBytes));
    this.#settled = Promise.all([this.#settled, finished]).then(([, file]) => {
      if (file !== undefined) this.#host.onFile(file);
    });
  }

  /** The disk has failed, or is behind. */
  #isWaitingForDisk(message: MediaMessage): boolean {
    if (this.#hasFailed && this.#recording === undefined) {
      return this.#host.now() < this.#retryAtMs || !this.#isGoodCut(message);
    }
    if (!this.#isStalled) return false;
    const isBehind = this.#pending.count > MAX_PENDING_BYTES / 2;
    if (isBehind || !this.#isGoodCut(message)) return true;
    this.#isStalled = false;
    return false;
  }

  /** The disk is too far behind: frames are left out until it has caught up. What was handed over stays. */
  #stall(): void {
    this.#isStalled = true;
    const { url } = this.#stream;
    this.#trouble.add(
      'stall',
      `dvr: the disk is too slow for ${url}, a part is left out: record fewer streams on it, or set dvr_path to a faster one`,
    );
  }

  /** The next good place after a while is where the next file starts. */
  #failed(file: RecordingFile, error: Error): void {
    const isNew = !this.#hasFailed;
    if (this.#recording?.file === file) this.#close();
    if (this.#recording === undefined) {
      this.#hasFailed = true;
      this.#retryAtMs = this.#host.now() + RETRY_MS;
    }
    this.#host.onFailure(error, isNew);
  }

  #isGoodCut({ track, isKeyFrame, isSequenceHeader }: MediaMessage): boolean {
    if (isSequenceHeader) return false;
    return track === 'video' ? isKeyFrame : !this.#stream.hasVideo;
  }

  #report({ writer }: OpenRecording, { track, codec }: MediaMessage): void {
    const reason = writer.skipReason;
    if (reason === undefined) return;
    const text = `dvr: ${track} of ${this.#stream.url} is not in the file, ${reason}`;
    if (reason !== 'codec not supported') this.#trouble.add(`${track} ${reason}`, text);
    else if (!this.#reported.has(codec)) this.#host.log.warn(`${text} in MP4: ${codec}; record to .flv`);
    this.#reported.add(codec);
  }
}
