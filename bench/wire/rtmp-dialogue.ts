// The client's side of RTMP up to the point where media flows: simple handshake, connect, createStream, and
// play or publish. No socket in here: bytes in, bytes out through `write`. RTMP 1.0, 5.2 and 7.2.

import { type AmfValue, type CommandAnswer, encodeAmf0, readCommandAnswer } from './amf0.ts';
import { ChunkReader } from './chunk-reader.ts';
import { encodeChunks } from './chunk-writer.ts';

export interface RtmpTarget {
  readonly tcUrl: string;
  readonly app: string;
  readonly stream: string;
}

export interface RtmpDialogueHandler {
  write(bytes: Buffer): void;
  /** The server accepted play or publish. */
  onReady(streamId: number): void;
  onRefused(reason: string): void;
  onMedia(type: number, timestampMs: number, lengthBytes: number, head: Buffer, headBytes: number): void;
}

const TYPE_USER_CONTROL = 4;
const TYPE_COMMAND_AMF3 = 17;
const TYPE_COMMAND = 20;
const TYPE_AUDIO = 8;
const TYPE_VIDEO = 9;
const HANDSHAKE_BYTES = 1536;
/** S0, S1 and S2 together. */
const SERVER_HANDSHAKE_BYTES = 1 + 2 * HANDSHAKE_BYTES;
const COMMAND_CHUNK_STREAM = 3;
const CLIENT_CHUNK_SIZE = 128;
/** Player's buffer as ffmpeg announces it. */
const BUFFER_LENGTH_MS = 3000;
/** Live, or recorded when there is none: what ffmpeg asks for. */
const PLAY_START_ANY = -2000;

const CLIENT_HELLO = Buffer.concat([
  Buffer.from([3]),
  Buffer.alloc(8),
  Buffer.alloc(HANDSHAKE_BYTES - 8, 'tsrs-bench'),
]);

type Phase = 'handshake' | 'connecting' | 'creating' | 'starting' | 'ready';

export class RtmpDialogue {
  private readonly goal: 'play' | 'publish';
  private readonly target: RtmpTarget;
  private readonly handler: RtmpDialogueHandler;
  private readonly chunks: ChunkReader;
  private phase: Phase = 'handshake';
  private hello: Buffer | undefined = Buffer.allocUnsafeSlow(SERVER_HANDSHAKE_BYTES);
  private helloBytes = 0;
  private streamId = 1;

  constructor(goal: 'play' | 'publish', target: RtmpTarget, handler: RtmpDialogueHandler) {
    this.goal = goal;
    this.target = target;
    this.handler = handler;
    this.chunks = new ChunkReader((type, timestampMs, lengthBytes, head, headBytes) =>
      this.onMessage(type, timestampMs, lengthBytes, head, headBytes),
    );
  }

  start(): void {
    this.handler.write(CLIENT_HELLO);
  }

  feed(data: Buffer, start: number, end: number): void {
    const at = this.hello === undefined ? start : this.readHandshake(this.hello, data, start, end);
    if (at < end) this.chunks.feed(data, at, end);
  }

  private readHandshake(hello: Buffer, data: Buffer, start: number, end: number): number {
    const taken = Math.min(SERVER_HANDSHAKE_BYTES - this.helloBytes, end - start);
    data.copy(hello, this.helloBytes, start, start + taken);
    this.helloBytes += taken;
    if (this.helloBytes === SERVER_HANDSHAKE_BYTES) {
      this.hello = undefined;
      this.phase = 'connecting';
      const echo = hello.subarray(1, 1 + HANDSHAKE_BYTES);
      this.handler.write(Buffer.concat([echo, this.connect()]));
    }
    return start + taken;
  }

  private onMessage(
    type: number,
    timestampMs: number,
    lengthBytes: number,
    head: Buffer,
    headBytes: number,
  ): void {
    if (type === TYPE_AUDIO || type === TYPE_VIDEO) {
      this.handler.onMedia(type, timestampMs, lengthBytes, head, headBytes);
    } else if (type === TYPE_COMMAND || type === TYPE_COMMAND_AMF3) {
      const skipped = type === TYPE_COMMAND_AMF3 ? 1 : 0;
      const answer = readCommandAnswer(head.subarray(skipped, headBytes));
      if (answer !== undefined) this.onAnswer(answer);
    }
  }

  private onAnswer(answer: CommandAnswer): void {
    if (answer.isError) {
      this.handler.onRefused(`${answer.name} ${answer.code ?? 'without a code'}`);
    } else if (this.phase === 'connecting' && answer.name === '_result') {
      this.phase = 'creating';
      this.handler.write(this.createStream());
    } else if (this.phase === 'creating' && answer.name === '_result' && answer.streamId !== undefined) {
      this.phase = 'starting';
      this.streamId = answer.streamId;
      this.handler.write(this.goal === 'play' ? this.play() : this.publish());
    } else if (this.phase === 'starting' && answer.name === 'onStatus') {
      this.phase = 'ready';
      this.handler.onReady(this.streamId);
    }
  }

  private connect(): Buffer {
    const { app, tcUrl } = this.target;
    const fields: AmfValue =
      this.goal === 'play'
        ? {
            app,
            flashVer: 'LNX 9,0,124,2',
            tcUrl,
            fpad: false,
            capabilities: 15,
            audioCodecs: 4071,
            videoCodecs: 252,
          }
        : { app, type: 'nonprivate', flashVer: 'FMLE/3.0 (compatible; tsrs-bench)', tcUrl };
    return command(0, 'connect', 1, fields);
  }

  private createStream(): Buffer {
    const { stream } = this.target;
    if (this.goal === 'play') return command(0, 'createStream', 2, null);
    return Buffer.concat([
      command(0, 'releaseStream', 2, null, stream),
      command(0, 'FCPublish', 3, null, stream),
      command(0, 'createStream', 4, null),
    ]);
  }

  private publish(): Buffer {
    return command(this.streamId, 'publish', 5, null, this.target.stream, 'live');
  }

  private play(): Buffer {
    return Buffer.concat([
      command(this.streamId, 'play', 3, null, this.target.stream, PLAY_START_ANY),
      setBufferLength(this.streamId),
    ]);
  }
}

function command(streamId: number, ...values: readonly AmfValue[]): Buffer {
  return encodeChunks(
    {
      chunkStreamId: COMMAND_CHUNK_STREAM,
      type: TYPE_COMMAND,
      streamId,
      timestampMs: 0,
      body: encodeAmf0(...values),
    },
    CLIENT_CHUNK_SIZE,
  );
}

function setBufferLength(streamId: number): Buffer {
  const body = Buffer.alloc(10);
  body.writeUInt16BE(3, 0);
  body.writeUInt32BE(streamId, 2);
  body.writeUInt32BE(BUFFER_LENGTH_MS, 6);
  return encodeChunks(
    { chunkStreamId: 2, type: TYPE_USER_CONTROL, streamId: 0, timestampMs: 0, body },
    CLIENT_CHUNK_SIZE,
  );
}
