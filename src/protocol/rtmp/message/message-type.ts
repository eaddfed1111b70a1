/** Message type ids, RTMP 1.0, 5.4 and 7.1. */
export const MESSAGE_TYPE = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAckSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  sharedObjectAmf3: 16,
  commandAmf3: 17,
  data: 18,
  sharedObject: 19,
  command: 20,
  aggregate: 22,
} as const;

/** One complete message as a chunk decoder hands it over: lent, with its payload, until the call returns. */
export interface RtmpMessage {
  readonly typeId: number;
  /** As on the wire, unsigned 32 bits, ms. */
  readonly timestamp: number;
  readonly streamId: number;
  readonly csid: number;
  readonly payload: Buffer;
}
