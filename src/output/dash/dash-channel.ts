// DASH of one publish: cuts both tracks at key frames, keeps the manifest, and removes what left it.

import { errorText } from '../../log/error-text.ts';
import type { Logger } from '../../log/logger.ts';
import { RateLimitedLog } from '../../log/rate-limited-log.ts';
import type { MediaMessage } from '../../media/message.ts';
import { unwrapTimestamp } from '../../media/timestamp.ts';
import type { Stream, StreamSubscriber } from '../../stream/stream.ts';
import type { BytePages } from '../disk/byte-pages.ts';
import type { DiskQueue } from '../disk/disk-queue.ts';
import { DashFiles, type DashFilesHost } from './dash-files.ts';
import type { DashOptions } from './dash-options.ts';
import { DashTrack } from './dash-track.ts';
import { encodeManifest, type ListedSegment } from './manifest.ts';

export interface DashChannelHost {
  readonly options: DashOptions;
  /** The manifest. */
  readonly path: string;
  /** Folder of the segments, relative to the manifest. */
  readonly baseUrl: string;
  readonly log: Logger;
  readonly queue: DiskQueue;
  readonly pages: BytePages;
  /** Wall clock, ms since 1970. */
  readonly wallClock: () => number;
  /** The publish before, whose files this one replaces. */
  readonly previous: DashChannel | undefined;
  /** The publisher has left; the last files are on their way. */
  readonly onEnd: () => void;
}

interface ListedTrack {
  readonly track: DashTrack;
  segments: ListedSegment[];
  /** Off the manifest for one segment's time: a player may just be about to ask for them. */
  expired: ListedSegment[];
  init: Buffer | undefined;
}

export class DashChannel implements StreamSubscriber {
  readonly #stream: Stream;
  readonly #host: DashChannelHost;
  readonly #files: DashFiles;
  readonly #folder: string;
  readonly #trouble: RateLimitedLog;
  readonly #video: ListedTrack;
  readonly #audio: ListedTrack;
  readonly #reported = new Set<string>();
  #isAttached = true;
  #isEnded = false;
  #startedAtMs = 0;
  #lastMs: number | undefined;
  #nextNumber: number;
  /** Where the open segments of both tracks start, ms; undefined before the first. */
  #cutMs: number | undefined;
  #number = 0;
  #isStalled = false;

  /** Subscribes. */
  constructor(stream: Stream, host: DashChannelHost) {
    this.#stream = stream;
    this.#host = host;
    this.#trouble = new RateLimitedLog((text) => host.log.warn(text));
    this.#folder = `${host.path.slice(0, host.path.lastIndexOf('/') + 1)}${host.baseUrl}`;
    const filesHost: DashFilesHost = {
      queue: host.queue,
      pages: host.pages,
      onFailure: (error) =>
        this.#trouble.add(
          'failed',
          `dash: a segment or manifest is lost, ${errorText(error)}; check the disk and dash_path`,
        ),
    };
    this.#files = new DashFiles(filesHost, host.previous?.settled() ?? Promise.resolve());
    this.#video = this.#newTrack('video');
    this.#audio = this.#newTrack('audio');
    // Higher than those of earlier publishes, on other servers too: players and caches may know those.
    const ofClock = Math.floor(host.wallClock() / host.options.fragmentMs) + 1;
    this.#nextNumber = Math.max(ofClock, host.previous?.nextNumber ?? 0);
    stream.subscribe(this);
  }

  get options(): DashOptions {
    return this.#host.options;
  }

  /** Number of the next segment. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  published(): void {}

  gopStarted(): void {}

  gopCleared(): void {}

  metadata(): void {}

  message(message: MediaMessage): void {
    const { track } = message.track === 'video' ? this.#video : this.#audio;
    if (message.isSequenceHeader) {
      track.header(message);
      return;
    }
    const timeMs = this.#timeOf(message);
    if (this.#isStalled && !message.isKeyFrame && this.#stream.hasVideo) return;
    if (!track.prepare(message, timeMs)) {
      this.#report(track, message);
      return;
    }
    if (this.#cutsBefore(message, timeMs)) this.#cut(timeMs);
    // Sound that comes before the first picture waits for it.
    if (this.#cutMs === undefined) return;
    if (message.track === 'audio') this.#endBefore(track, timeMs);
    if (!track.isOpen && message.track === 'video' && !message.isKeyFrame) return;
    if (!track.isOpen) track.open(this.#number, this.#segmentPath(track, this.#number), timeMs);
    this.#isStalled = !track.write();
    if (this.#isStalled) {
      this.#trouble.add('stall', `dash: the disk is too slow for ${this.#stream.url}, a part is left out`);
    }
  }

  unpublished(): void {
    this.stop();
  }

  /** Ends the open segments and the manifest. May be called twice. */
  stop(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.#stream.unsubscribe(this);
    this.#isEnded = true;
    for (const { track } of [this.#video, this.#audio]) track.close();
    this.#writeManifest();
    void this.#files.settled().then(() => this.#trouble.close());
    this.#host.onEnd();
  }

  /** Removes all files. Only after `stop`, and only once. */
  dispose(): void {
    this.#files.remove(() => [
      this.#host.path,
      ...[this.#video, this.#audio].flatMap(({ track, segments, expired, init }) => [
        ...[...expired, ...segments].map(({ number }) => this.#segmentPath(track, number)),
        ...(init === undefined ? [] : [this.#initPath(track)]),
      ]),
    ]);
  }

  /** Resolves when all files are at their place, or gone. */
  settled(): Promise<void> {
    return this.#files.settled();
  }

  #newTrack(id: 'video' | 'audio'): ListedTrack {
    const listed: ListedTrack = {
      track: new DashTrack(id, this.#files, this.#host.pages, (segment, init) =>
        this.#add(listed, segment, init),
      ),
      segments: [],
      expired: [],
      init: undefined,
    };
    return listed;
  }

  #timeOf({ timestampMs }: MediaMessage): number {
    const timeMs = unwrapTimestamp(timestampMs, this.#lastMs ?? timestampMs);
    if (this.#lastMs === undefined) this.#startedAtMs = this.#host.wallClock() - timeMs;
    this.#lastMs = timeMs;
    return timeMs;
  }

  #cutsBefore({ track, isKeyFrame }: MediaMessage, timeMs: number): boolean {
    const mayStart =
      track === 'video' ? isKeyFrame : !this.#stream.hasVideo && this.#stream.headers.video === undefined;
    return mayStart && (this.#cutMs === undefined || timeMs - this.#cutMs >= this.#host.options.fragmentMs);
  }

  /** Pictures are cut here; sound with its first frame from here on, which may be a little later. */
  #cut(timeMs: number): void {
    this.#cutMs = timeMs;
    this.#number = this.#nextNumber++;
    this.#video.track.close();
    if (!this.#stream.hasVideo) this.#audio.track.close();
  }

  #endBefore(track: DashTrack, timeMs: number): void {
    if (!track.isOpen || this.#cutMs === undefined) return;
    if (timeMs < this.#cutMs || track.startMs >= this.#cutMs) return;
    track.close();
  }

  #add(listed: ListedTrack, segment: ListedSegment, init: Buffer): void {
    const last = listed.segments.at(-1);
    // A number that is missing or another configuration: a timeline cannot say that, so it starts anew.
    const isContinued = last === undefined || last.number + 1 === segment.number;
    if (listed.init?.equals(init) !== true) {
      listed.init = init;
      this.#files.replace(this.#initPath(listed.track), () => listed.init);
    }
    const kept = isContinued ? listed.segments : [];
    if (!isContinued) listed.expired.push(...listed.segments);
    listed.segments = [...kept, segment];
    const { windowSize, isCleanup } = this.#host.options;
    const gone = listed.expired;
    listed.expired = listed.segments.splice(0, listed.segments.length - windowSize);
    if (isCleanup)
      this.#files.remove(() => gone.map(({ number }) => this.#segmentPath(listed.track, number)));
    else listed.expired = [...gone, ...listed.expired];
    this.#writeManifest();
  }

  #writeManifest(): void {
    this.#files.replace(this.#host.path, () => this.#manifest());
  }

  #manifest(): string | undefined {
    const { options, baseUrl, wallClock } = this.#host;
    const tracks = [this.#video, this.#audio].flatMap(({ track, segments, init }) => {
      const { description, id, timescale } = track;
      return description && init && segments.length > 0
        ? [{ id, track: description, timescale, segments }]
        : [];
    });
    if (tracks.length === 0) return undefined;
    return encodeManifest({
      ...options,
      baseUrl,
      tracks,
      startedAtMs: this.#startedAtMs,
      publishedAtMs: wallClock(),
      isEnded: this.#isEnded,
    });
  }

  #segmentPath({ id }: DashTrack, number: number): string {
    return `${this.#folder}/${id}-${number}.m4s`;
  }

  #initPath({ id }: DashTrack): string {
    return `${this.#folder}/${id}-init.mp4`;
  }

  #report({ skipReason }: DashTrack, { track, codec }: MediaMessage): void {
    if (skipReason === undefined) return;
    const text = `dash: ${track} of ${this.#stream.url} is left out, ${skipReason}`;
    if (skipReason !== 'codec not supported') this.#trouble.add(`${track} ${skipReason}`, text);
    else if (!this.#reported.has(codec)) this.#host.log.warn(`${text}: ${codec}`);
    this.#reported.add(codec);
  }
}
