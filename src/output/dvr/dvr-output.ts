// Recording of all streams: a recorder for each stream that is published where recording is on.

import type { Logger } from '../../log/logger.ts';
import { RateLimitedLog } from '../../log/rate-limited-log.ts';
import type { MediaMessage } from '../../media/message.ts';
import type { Stream } from '../../stream/stream.ts';
import type { StreamId } from '../../stream/stream-id.ts';
import { BytePages } from '../disk/byte-pages.ts';
import { DiskQueues } from '../disk/disk-queue.ts';
import { settledInTime } from '../disk/settled-in-time.ts';
import type { DvrOptions } from './dvr-options.ts';
import { dvrPath, folderOf } from './dvr-path.ts';
import { LeftOverRecordings } from './left-over-recordings.ts';
import { Recorder } from './recorder.ts';
import type { FinishedRecording } from './recording-file.ts';
import { writeFailureText } from './write-failure.ts';

export interface DvrHost {
  /** Settings of a virtual host, undefined where recording is off. Asked at each publish. */
  readonly findOptions: (vhost: string) => DvrOptions | undefined;
  /** Settings of all virtual hosts that record. Default: none. */
  readonly allOptions?: () => Iterable<DvrOptions>;
  readonly log: Logger;
  /** Turns at the disk, which all outputs that write share. */
  readonly queues?: DiskQueues;
  /** A recording is complete and at its place: for hooks. */
  readonly onFile?: (id: StreamId, file: FinishedRecording) => void;
  /** Wall clock, ms since 1970. */
  readonly wallClock?: () => number;
  /** Monotonic clock, ms. */
  readonly now?: () => number;
}

/** How long the last files may take to reach the disk when the server quits, ms. */
const CLOSE_TIMEOUT_MS = 4000;

export class DvrOutput {
  readonly #host: DvrHost;
  readonly #pages = new BytePages();
  readonly #queues: DiskQueues;
  readonly #recorders = new Map<string, Recorder>();
  /** Recorders whose last file is on its way. */
  readonly #ending = new Set<Recorder>();
  readonly #openNames = new Set<string>();
  readonly #leftOvers: LeftOverRecordings;
  readonly #trouble: RateLimitedLog;
  #isClosed = false;

  constructor(host: DvrHost) {
    this.#host = host;
    this.#queues = host.queues ?? new DiskQueues();
    this.#trouble = new RateLimitedLog((text) => host.log.error(text));
    this.#leftOvers = new LeftOverRecordings({
      queueOf: (folder) => this.#queues.get(folder),
      isOpen: (name) => this.#openNames.has(name),
      log: host.log,
    });
  }

  /** Completes, in the background, what a server that was killed has left behind. */
  repairLeftOvers(): void {
    if (!this.#isClosed) this.#leftOvers.look(this.#host.allOptions?.() ?? []);
  }

  /** Somebody is about to publish: subscribes if the stream is to be recorded. */
  attach(stream: Stream): void {
    this.#record(stream);
  }

  /** The settings of virtual hosts have changed: what is recorded goes on in another file at the next key frame. */
  reload(streams: Iterable<Stream>): void {
    this.repairLeftOvers();
    for (const stream of streams) {
      if (!stream.isPublishing) continue;
      const options = this.#optionsOf(stream);
      const previous = this.#recorders.get(stream.url);
      if (previous?.options === options) continue;
      if (options === undefined) previous?.stop();
      else if (previous === undefined) this.#record(stream);
      else previous.replaceAtNextCut((message) => this.#replace(stream, previous, message));
    }
  }

  /** Completes all files. Resolves when they are at their place, or after 4 s. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#leftOvers.close();
    for (const recorder of [...this.#recorders.values()]) recorder.stop();
    const isSettled = await settledInTime(
      [...this.#ending].map((recorder) => recorder.settled()),
      CLOSE_TIMEOUT_MS,
    );
    if (!isSettled)
      this.#host.log.warn('dvr: the last recordings could not be completed in time, they end in .tmp');
    this.#trouble.close();
  }

  #replace(stream: Stream, previous: Recorder, first: MediaMessage): void {
    previous.stop();
    this.#record(stream)?.message(first);
  }

  #record(stream: Stream): Recorder | undefined {
    const options = this.#isClosed ? undefined : this.#optionsOf(stream);
    if (options === undefined) return undefined;
    const { url, id } = stream;
    const { log, wallClock = Date.now, now = () => performance.now() } = this.#host;
    const result = dvrPath(options.path, id, options.isUtc);
    if (result.type === 'refused') {
      log.error(`dvr: no recording of ${url}, ${result.reason}`);
      return undefined;
    }
    const recorder: Recorder = new Recorder(stream, {
      options,
      path: result.path,
      log: log.child(),
      queue: this.#queues.get(folderOf(options.path)),
      pages: this.#pages,
      openNames: this.#openNames,
      wallClock,
      now,
      onFile: (file) => this.#host.onFile?.(id, file),
      onFailure: (error, isNew) => this.#failed(url, error, isNew),
      onEnd: () => this.#end(url, recorder),
    });
    this.#recorders.set(url, recorder);
    return recorder;
  }

  #optionsOf({ id }: Stream): DvrOptions | undefined {
    const options = this.#host.findOptions(id.vhost);
    return options?.streams?.has(`${id.app}/${id.stream}`) === false ? undefined : options;
  }

  #end(url: string, recorder: Recorder): void {
    if (this.#recorders.get(url) === recorder) this.#recorders.delete(url);
    this.#ending.add(recorder);
    void recorder.settled().then(() => this.#ending.delete(recorder));
  }

  /** A full disk stops all its recordings at once: one line, and one when they go on. */
  #failed(url: string, error: Error, isNew: boolean): void {
    if (!isNew) return;
    const text = writeFailureText(error);
    this.#trouble.add('failed', `dvr: ${url} is not recorded, ${text}; tried again every 10 s`);
  }
}
