// Every violation that protocol code can find, in one table with SRS's numbers and names (SRS 7.0
// kernel/srs_kernel_error.hpp), so that log lines and dashboards made for SRS keep their meaning.

/** SRS code, SRS name, and the sentence it stands for. Numbers from 2800 on are ours: SRS has no such check. */
const PROTOCOL_ERRORS = {
  plainRequired: { code: 2000, name: 'RtmpPlainRequired', text: 'RTMP handshake requires plain text' },
  chunkStart: { code: 2001, name: 'RtmpChunkStart', text: 'RTMP packet must be fresh chunk' },
  amf0Decode: { code: 2003, name: 'Amf0Decode', text: 'Decode AMF0 message failed' },
  amf0Invalid: { code: 2004, name: 'Amf0Invalid', text: 'Invalid AMF0 message type' },
  noTcUrl: { code: 2005, name: 'RtmpConnect', text: 'Invalid RTMP connect packet without tcUrl' },
  badTcUrl: { code: 2006, name: 'RtmpTcUrl', text: 'Failed to discover tcUrl from request' },
  messageDecode: { code: 2007, name: 'RtmpDecode', text: 'Failed to decode RTMP packet' },
  chunkSize: { code: 2010, name: 'RtmpChunkSize', text: 'Invalid RTMP chunk size' },
  lengthChanged: { code: 2013, name: 'RtmpPacketSize', text: 'RTMP packet size changed in chunks' },
  handshake: { code: 2016, name: 'RtmpHandshake', text: 'RTMP handshake failed' },
  noRequest: { code: 2017, name: 'RtmpNoRequest', text: 'Invalid RTMP response for no request found' },
  aggregate: { code: 2024, name: 'RtmpAggregate', text: 'Failed to handle RTMP aggregate message' },
  streamNameEmpty: { code: 2051, name: 'StreamNameEmpty', text: 'Invalid stream for name is empty' },
  proxyHeader: { code: 2054, name: 'RtmpProxy', text: 'Failed to decode message of RTMP proxy' },
  createStreamDepth: { code: 2055, name: 'RtmpIdentify', text: 'Failed to identify RTMP client' },
  messageTooLarge: { code: 2801, name: 'RtmpMessageTooLarge', text: 'RTMP message over the size limit' },
  tooManyChunkStreams: { code: 2802, name: 'RtmpChunkStreams', text: 'Too many RTMP chunk streams' },
  tooMuchUnfinished: {
    code: 2803,
    name: 'RtmpUnfinished',
    text: 'Too many bytes in unfinished RTMP messages',
  },
  amf0TooDeep: { code: 2804, name: 'Amf0Depth', text: 'AMF0 values nested too deeply' },
  amf0TooMany: { code: 2805, name: 'Amf0Count', text: 'Too many AMF0 values in one message' },
  tooManyPending: {
    code: 2806,
    name: 'RtmpPending',
    text: 'Too much input while a request waits for its answer',
  },
  webSocket: { code: 2807, name: 'WebSocketFrame', text: 'Invalid WebSocket frame' },
} as const;

export type ProtocolErrorKind = keyof typeof PROTOCOL_ERRORS;

/** The peer broke the protocol or a limit: close the connection. Thrown by decoders, caught once per connection. */
export class ProtocolError extends Error {
  readonly kind: ProtocolErrorKind;
  /** SRS's error number. */
  readonly code: number;

  /** `detail` says what was seen; the message is the detail alone, as in SRS's log lines. */
  constructor(kind: ProtocolErrorKind, detail?: string, options?: ErrorOptions) {
    super(detail ?? PROTOCOL_ERRORS[kind].text, options);
    this.name = 'ProtocolError';
    this.kind = kind;
    this.code = PROTOCOL_ERRORS[kind].code;
  }
}
