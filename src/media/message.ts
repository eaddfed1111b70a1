// What flows through the hub: one message of one track, in the order in which the publisher sent it.
// The payload keeps the bytes of the FLV tag body, which RTMP, FLV and HTTP-FLV share; formats that need
// other bytes (TS, MP4) convert from it. Facts are computed once, on entry, and nobody parses again.

export type VideoCodec =
  | 'h264'
  | 'hevc'
  | 'av1'
  | 'vp9'
  | 'vp8'
  | 'h263'
  | 'screen'
  | 'vp6'
  | 'vp6a'
  | 'screen2';
export type AudioCodec =
  | 'aac'
  | 'mp3'
  | 'opus'
  | 'flac'
  | 'ac3'
  | 'eac3'
  | 'speex'
  | 'nellymoser'
  | 'g711a'
  | 'g711u'
  | 'pcm'
  | 'adpcm';

/**
 * Where a segment of HLS begins, for all servers that cut the stream: the one where it is published decides, and its
 * edges cut at the same message, give the segment the same number and count its times from the same one.
 */
export interface SegmentMark {
  /** Wanted length of a segment that the marks were made with, ms. */
  readonly fragmentMs: number;
  /** Number of the segment; consecutive while the stream goes on. */
  readonly sequence: number;
  /** Time of the message on the timeline that all servers share, ms. */
  readonly timeMs: number;
  /** Another publisher, or another decoder configuration, than in the segment before. */
  readonly isDiscontinuity: boolean;
}

/** One audio or video message. `payload` is lent until the call that hands it over returns: a keeper copies. */
export interface MediaMessage {
  readonly track: 'audio' | 'video';
  /** Decoding time on the stream's clock, ms. */
  readonly timestampMs: number;
  readonly codec: VideoCodec | AudioCodec;
  /** A video frame that can be decoded without any earlier one. Never true for sequence headers. */
  readonly isKeyFrame: boolean;
  /** Decoder configuration (AVCDecoderConfigurationRecord, AudioSpecificConfig, …) rather than coded media. */
  readonly isSequenceHeader: boolean;
  /** FLV tag body: AUDIODATA or VIDEODATA of the FLV specification, or the enhanced-RTMP form of it. */
  readonly payload: Buffer;
  /** A segment begins with this message, as the server of the publisher says. */
  readonly mark?: SegmentMark | undefined;
}
