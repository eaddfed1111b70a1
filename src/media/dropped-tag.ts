// Why a message of a publisher is not carried on. Dropping is an expected outcome, not an error: a publisher
// with one odd message keeps streaming. The objects are shared, so that a flood of bad tags allocates nothing.

export type DropReason =
  /** No bytes at all: some encoders send such audio messages when they are muted. */
  | 'empty'
  /** Ends inside its own header. */
  | 'too short'
  /** A codec id or FourCC that no player here could name. */
  | 'unknown codec'
  /** A packet type that neither FLV nor enhanced RTMP defines. */
  | 'unknown packet type'
  /** A legacy frame type outside 1 to 5. */
  | 'unknown frame type'
  /** An enhanced command frame (start or end of seeking): it names no codec and carries no media. */
  | 'command frame'
  /** More ModEx extensions or tracks than any encoder sends. */
  | 'malformed';

/** The answer of `parseVideoTag` and `parseAudioTag` for a message that must not be passed on. */
export interface DroppedTag {
  readonly type: 'dropped';
  readonly reason: DropReason;
}

export const EMPTY_TAG: DroppedTag = { type: 'dropped', reason: 'empty' };
export const TOO_SHORT_TAG: DroppedTag = { type: 'dropped', reason: 'too short' };
export const UNKNOWN_CODEC_TAG: DroppedTag = { type: 'dropped', reason: 'unknown codec' };
export const UNKNOWN_PACKET_TYPE_TAG: DroppedTag = { type: 'dropped', reason: 'unknown packet type' };
export const UNKNOWN_FRAME_TYPE_TAG: DroppedTag = { type: 'dropped', reason: 'unknown frame type' };
export const COMMAND_FRAME_TAG: DroppedTag = { type: 'dropped', reason: 'command frame' };
export const MALFORMED_TAG: DroppedTag = { type: 'dropped', reason: 'malformed' };
