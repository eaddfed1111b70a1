// Readers for what viewers get, written from the specifications and sharing nothing with the server's code.

export interface ReadMessage {
  readonly type: number;
  readonly timestampMs: number;
  readonly payload: Buffer;
}

/** RTMP 1.0, 5.3: all messages of a byte stream with one chunk size; throws where a real reader would fail. */
export function readRtmp(bytes: Buffer, chunkSize: number): ReadMessage[] {
  interface State {
    timestamp: number;
    delta: number;
    length: number;
    type: number;
    isExtended: boolean;
    parts: Buffer[];
    got: number;
  }
  const states = new Map<number, State>();
  const messages: ReadMessage[] = [];
  let at = 0;
  while (at < bytes.length) {
    const fmt = bytes[at]! >> 6;
    const csid = bytes[at]! & 63;
    if (csid < 2) throw new Error('unexpected chunk stream id');
    at += 1;
    let state = states.get(csid);
    if (state === undefined) {
      if (fmt !== 0) throw new Error(`chunk stream ${csid} starts with type ${fmt}`);
      state = { timestamp: 0, delta: 0, length: 0, type: 0, isExtended: false, parts: [], got: 0 };
      states.set(csid, state);
    }
    if (fmt < 3) {
      let time = bytes.readUIntBE(at, 3);
      state.length = bytes.readUIntBE(at + 3, 3);
      state.type = bytes[at + 6]!;
      if (fmt === 2) throw new Error('type 2 is not expected here');
      at += fmt === 0 ? 11 : 7;
      state.isExtended = time === 0xffffff;
      if (state.isExtended) {
        time = bytes.readUInt32BE(at);
        at += 4;
      }
      state.timestamp = fmt === 0 ? time : (state.timestamp + time) >>> 0;
    } else if (state.isExtended) {
      at += 4;
    }
    const size = Math.min(chunkSize, state.length - state.got);
    if (at + size > bytes.length) throw new Error('the last chunk is cut off');
    state.parts.push(bytes.subarray(at, at + size));
    state.got += size;
    at += size;
    if (state.got === state.length) {
      messages.push({ type: state.type, timestampMs: state.timestamp, payload: Buffer.concat(state.parts) });
      state.parts = [];
      state.got = 0;
    }
  }
  return messages;
}

/** FLV 10.1, E.2-E.4: the tags behind the file header; checks the header and every PreviousTagSize. */
export function readFlv(bytes: Buffer): { flags: number; tags: ReadMessage[] } {
  if (bytes.toString('latin1', 0, 3) !== 'FLV') throw new Error('no FLV header');
  const tags: ReadMessage[] = [];
  let at = 13;
  while (at < bytes.length) {
    const length = bytes.readUIntBE(at + 1, 3);
    const timestampMs = bytes.readUIntBE(at + 4, 3) + bytes[at + 7]! * 0x1000000;
    const payload = bytes.subarray(at + 11, at + 11 + length);
    if (payload.length !== length) throw new Error('the last tag is cut off');
    if (bytes.readUInt32BE(at + 11 + length) !== length + 11) throw new Error('wrong PreviousTagSize');
    tags.push({ type: bytes[at]!, timestampMs, payload });
    at += 15 + length;
  }
  return { flags: bytes[4]!, tags };
}

/** RFC 9112, 7.1: the body of a chunked message, and whether its last chunk is there. */
export function readChunked(bytes: Buffer): { body: Buffer; isComplete: boolean } {
  const parts: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    at = lineEnd + 2;
    if (size === 0) return { body: Buffer.concat(parts), isComplete: true };
    parts.push(bytes.subarray(at, at + size));
    if (bytes.toString('latin1', at + size, at + size + 2) !== '\r\n')
      throw new Error('chunk without its end');
    at += size + 2;
  }
  return { body: Buffer.concat(parts), isComplete: false };
}
