// What a peer may make a chunk decoder keep. SRS keeps state for 65,598 chunk streams and allocates each announced
// message in full, 16 MB a piece, before any login.

import { MESSAGE_TYPE } from './message/message-type.ts';

export interface ChunkLimits {
  /** Largest message of any type, bytes. */
  readonly maxMessageSize: number;
  /** Bytes that unfinished messages of all chunk streams may hold together. */
  readonly maxUnfinishedSize: number;
}

/** Largest length that the 24-bit field can announce. */
export const MAX_MESSAGE_SIZE = 0xffffff;

/** Largest command; a `connect` of a Flash player with all its extras has 1 kB. */
export const MAX_COMMAND_SIZE = 256 * 1024;

/** Chunk streams of one connection; real clients use 3 to 8. */
export const MAX_CHUNK_STREAMS = 1024;

/** Before the peer may send media: nobody has asked who it is yet. */
export const COMMAND_LIMITS: ChunkLimits = {
  maxMessageSize: MAX_COMMAND_SIZE,
  maxUnfinishedSize: 2 * MAX_COMMAND_SIZE,
};

/** While the peer sends media: a message of the largest size, and room for those interleaved with it. */
export const MEDIA_LIMITS: ChunkLimits = {
  maxMessageSize: MAX_MESSAGE_SIZE,
  maxUnfinishedSize: 2 * MAX_MESSAGE_SIZE,
};

/** Is it a type whose messages stay small, whatever the limits for media are? */
export function isCommandType(typeId: number): boolean {
  return (
    typeId === MESSAGE_TYPE.command || typeId === MESSAGE_TYPE.commandAmf3 || typeId < MESSAGE_TYPE.audio
  );
}
