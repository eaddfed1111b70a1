// The settings of HLS for one virtual host. config/ fills them.

/** What to do when a segment cannot be written. */
export type HlsErrorPolicy =
  /** No HLS until the next publish. */
  | 'ignore'
  /** The publisher is disconnected. */
  | 'disconnect'
  /** The segment is lost, the next one is tried. */
  | 'continue';

/** AES-128 for segments. */
export interface HlsKeyOptions {
  /** Segments that share a key; at least 1. */
  readonly fragmentsPerKey: number;
  /** Template of the key's file below `folder`. */
  readonly file: string;
  readonly folder: string;
  /** Put before the file's name in the playlist; '' = the file relative to the playlist. */
  readonly url: string;
}

export interface HlsOptions {
  /** Segments and playlist stay in memory, nothing is written. */
  readonly isInMemory: boolean;
  /** Root of playlists and segments. */
  readonly folder: string;
  /** Template of the playlist below `folder`: [vhost] [app] [stream]. */
  readonly playlistFile: string;
  /** Template of a segment below `folder`, all variables. */
  readonly segmentFile: string;
  /** Fragmented MP4 instead of MPEG-TS. Without encryption. */
  readonly isFmp4: boolean;
  /** Template of the initialisation segment of fMP4. */
  readonly initFile: string;
  /** Put before each segment in the playlist; '' = nothing. */
  readonly entryPrefix: string;
  /** Wanted length of a segment, ms; at least 1. */
  readonly fragmentMs: number;
  /** Smallest target duration that the playlist announces, ms. */
  readonly minTargetMs: number;
  /** An audio frame cuts a segment of that length, in multiples of `fragmentMs`. */
  readonly aofRatio: number;
  /** … and a segment of sound alone, which has no key frames to wait for. */
  readonly soundRatio: number;
  /** Length of the playlist, ms. */
  readonly windowMs: number;
  readonly waitsForKeyFrame: boolean;
  /** [timestamp] counts fragments of the wall clock, and cuts try to keep up with it. */
  readonly isFloor: boolean;
  /** Audio times are the publisher's milliseconds; otherwise counted in samples. */
  readonly isDtsDirect: boolean;
  /** Only audio is written; pictures still decide where to cut. */
  readonly dropsVideo: boolean;
  /** Files of segments that left the playlist are removed. */
  readonly isCleanup: boolean;
  /** All files of a stream go after so long without media, ms; 0 = never. */
  readonly disposeMs: number;
  readonly onError: HlsErrorPolicy;
  readonly keys: HlsKeyOptions | undefined;
  /** Date variables are UTC rather than local time. */
  readonly isUtc: boolean;
  /** A stream is cut only while somebody asks for its playlist. */
  readonly isOnDemand: boolean;
  /** Files go when the publish ends: on an edge, whoever comes later would take them for live. */
  readonly endsWithPublish: boolean;
  /** Segments begin where the origin says, if it does: edges then have the same segments. Only in memory. */
  readonly followsMarks: boolean;
}
