// From the hub to an RTMP session: what a playing connection is to the stream that it plays.

import type { Logger } from '../../log/logger.ts';
import type { Fanout } from '../../output/fanout.ts';
import type { Viewer, ViewerEnd, ViewerSink } from '../../output/viewer.ts';
import type { PlayRequest } from '../../protocol/rtmp/server-handler.ts';
import type { EventCounts } from '../../stats/event-counts.ts';
import type { Stream, StreamSubscriber } from '../../stream/stream.ts';
import type { ClusterGate } from '../cluster-gate.ts';
import { slowViewerHooks } from '../slow-viewer.ts';
import type { VhostOptions } from '../vhost.ts';
import type { ViewerOutputs } from '../viewer-outputs.ts';

export interface RtmpPlayerOptions {
  readonly request: PlayRequest;
  readonly stream: Stream;
  readonly vhost: VhostOptions;
  readonly sink: ViewerSink;
  readonly outputs: ViewerOutputs;
  readonly cluster: ClusterGate;
  readonly log: Logger;
  readonly counts: EventCounts;
  /** It is an edge that cuts the stream where this server says. */
  readonly hasMarks: boolean;
  /** The fan-out has given up on the viewer. */
  readonly onEnd: (reason: ViewerEnd) => void;
  /** The publisher has left, and all of it was sent; undefined for peers that simply wait for the next one. */
  readonly onUnpublished: (() => void) | undefined;
}

export class RtmpPlayer {
  readonly #options: RtmpPlayerOptions;
  readonly #fanout: Fanout;
  readonly #viewer: Viewer;
  readonly #leaveCluster: () => void;
  #notice: StreamSubscriber | undefined;
  #isClosed = false;

  /** The session has said that playing starts: the first bytes of the stream follow at once. */
  constructor(options: RtmpPlayerOptions) {
    this.#options = options;
    const { request, stream, vhost, sink, outputs, cluster, log, counts, hasMarks, onUnpublished } = options;
    this.#fanout = outputs.rtmp(stream, vhost, hasMarks);
    this.#leaveCluster = cluster.joinViewer(stream, request.url);
    this.#viewer = this.#fanout.add({
      sink,
      preamble: undefined,
      durationMs: request.durationMs,
      onEnd: (reason) => {
        this.#release();
        options.onEnd(reason);
      },
      ...slowViewerHooks(log, counts),
    });
    if (onUnpublished === undefined || this.#isClosed) return;
    // Behind the fan-out, which sends what it has first.
    this.#notice = unpublishNotice(onUnpublished);
    stream.subscribe(this.#notice);
  }

  setPaused(isPaused: boolean): void {
    if (!this.#isClosed) this.#fanout.setPaused(this.#viewer, isPaused);
  }

  /** May be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#fanout.remove(this.#viewer);
    this.#release();
  }

  #release(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#notice !== undefined) this.#options.stream.unsubscribe(this.#notice);
    this.#leaveCluster();
  }
}

function unpublishNotice(unpublished: () => void): StreamSubscriber {
  const nothing = (): void => {};
  return {
    published: nothing,
    unpublished,
    gopStarted: nothing,
    gopCleared: nothing,
    metadata: nothing,
    message: nothing,
  };
}
