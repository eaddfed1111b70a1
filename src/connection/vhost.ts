// The settings of one virtual host as the connections see them. config/ fills them, server.ts hands them over.

import type { AccessOptions } from '../hooks/access-rules.ts';
import type { StreamOptions } from '../stream/stream.ts';
import type { HlsDelivery } from './http/hls/hls-delivery.ts';

export interface PlayOptions {
  /** How long data may wait to be written with its successors, ms; 0 = each turn of the event loop. */
  readonly mergedWriteMs: number;
  /** How far a viewer may fall behind before it skips to a key frame, ms. */
  readonly queueLengthMs: number;
}

export interface PublishOptions {
  /** How long a publisher may take for its first message, ms. */
  readonly firstPacketTimeoutMs: number;
  /** How long a publisher may be silent later, ms (noticed after up to twice that). */
  readonly normalTimeoutMs: number;
  /** Pause between two reads of a publisher's socket, ms; undefined = read as data comes. */
  readonly mergedReadMs: number | undefined;
  /** Messages are put into the order of their times (`play.mix_correct`). */
  readonly correctsMix: boolean;
  /** A publisher who is gone may come back within so long, and the publish goes on, ms; 0 = it ends at once. */
  readonly graceMs: number;
  /** A publisher without viewers for so long is closed, ms; 0 = never. */
  readonly idleKickoffMs: number;
}

export interface HttpRemuxOptions {
  readonly isEnabled: boolean;
  /** Template with `[vhost]`, `[app]` and `[stream]`; the extension picks the format. */
  readonly mount: string;
  /** Sound that a new viewer of an AAC or MP3 stream gets at once, ms. */
  readonly fastCacheMs: number;
  /** How long a viewer may wait for a stream that nobody publishes before it gets 404, ms; undefined = as long as it likes. */
  readonly waitMs: number | undefined;
}

export interface VhostOptions {
  readonly name: string;
  readonly isEnabled: boolean;
  /** Chunk size of what is sent, bytes. */
  readonly chunkSize: number;
  /** Window after which the peer's bytes are acknowledged even if it did not ask, bytes; 0 = only if it asks. */
  readonly inAckSize: number;
  /** Window that the peer is told to acknowledge, bytes; 0 = not told. */
  readonly outAckSize: number;
  readonly tcpNodelay: boolean;
  readonly play: PlayOptions;
  readonly publish: PublishOptions;
  readonly httpRemux: HttpRemuxOptions;
  /** Undefined where HLS is off. */
  readonly hls: HlsDelivery | undefined;
  /** Who may publish and play. */
  readonly access: AccessOptions;
  readonly stream: StreamOptions;
}

/** Finds the virtual host of a request: by exact name, else the default one, else none. */
export type FindVhost = (name: string) => VhostOptions | undefined;
