// How a vhost's HLS goes to its viewers. config/ fills it.

export interface HlsDelivery {
  /** Segments and playlists are in memory only. */
  readonly isInMemory: boolean;
  /** `hls_path` */
  readonly folder: string;
  /** Template of the playlist below `folder`. */
  readonly playlistFile: string;
  /**
   * Template of a segment below `folder`, where other servers may have listed one that will be here soon; undefined where
   * only this server lists its segments.
   */
  readonly segmentFile: string | undefined;
  /** Whoever reads a playlist is a client (`hls_ctx`). */
  readonly hasSessions: boolean;
  /** … and its segments are counted as well (`hls_ts_ctx`). */
  readonly countsSegments: boolean;
  /** A session ends when nothing was asked for so long, ms. */
  readonly sessionMs: number;
  /** How long a request for a playlist waits for it, ms. */
  readonly waitMs: number;
  /** … and then for the first segments of a stream that is there: one that is fetched or cut on demand has just come, ms. */
  readonly firstSegmentMs: number;
  /**
   * A stream is fetched (on an edge) and cut (`hls_on_demand`) as long as its playlist is asked for, and so much longer,
   * ms. 0 = nobody needs to ask.
   */
  readonly demandMs: number;
}
