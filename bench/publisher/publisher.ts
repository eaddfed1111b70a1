// One light publisher: plays the tape in real time over one RTMP connection.

import { connect, type Socket } from 'node:net';
import { nowUs } from '../source/stamp.ts';
import { patchEntry, type TapeBytes } from '../source/tape.ts';
import { RtmpDialogue, type RtmpTarget } from '../wire/rtmp-dialogue.ts';

/** A server that takes nothing for this long cannot keep up; the run then means nothing. */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
/** The three-byte timestamp of the tape's headers ends here, after 4.6 hours. */
const MAX_TIMESTAMP_MS = 0xffffff - 1;

export interface PublisherEndpoint extends RtmpTarget {
  readonly host: string;
  readonly port: number;
}

export interface PublisherEvents {
  onPublishing(): void;
  onFailed(reason: string): void;
}

/** The tape of a process; replaced by a copy when a socket still holds a piece of the old one. */
export interface SharedTape {
  current: TapeBytes;
}

export class Publisher {
  sentBodyBytes = 0;
  writes = 0;
  private readonly shared: SharedTape;
  private readonly events: PublisherEvents;
  private readonly writeIntervalMs: number;
  private readonly socket: Socket;
  private readonly dialogue: RtmpDialogue;
  private isPublishing = false;
  private isClosed = false;
  private startedMs = 0;
  private nextWriteMs = 0;
  private position = 0;
  private roundStartMs = 0;

  /** With `writeIntervalMs` 0 each message is written when it is due, as ffmpeg does. */
  constructor(
    endpoint: PublisherEndpoint,
    shared: SharedTape,
    writeIntervalMs: number,
    events: PublisherEvents,
  ) {
    this.shared = shared;
    this.events = events;
    this.writeIntervalMs = writeIntervalMs;
    this.dialogue = new RtmpDialogue('publish', endpoint, {
      write: (bytes) => this.socket.write(bytes),
      onReady: () => this.begin(),
      onRefused: (reason) => this.fail(`refused: ${reason}`),
      onMedia: () => {},
    });
    const buffer = Buffer.allocUnsafeSlow(8 * 1024);
    const onread = { buffer, callback: (bytes: number) => this.read(buffer, bytes) };
    this.socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true, onread });
    this.socket.on('connect', () => this.dialogue.start());
    this.socket.on('error', (error) => this.fail(error.message));
    this.socket.on('close', () => this.fail('the server closed the connection'));
  }

  close(): void {
    this.isClosed = true;
    this.socket.destroy();
  }

  /** Sends what is due. The caller ticks every few milliseconds, for all its publishers together. */
  tick(nowMs: number): void {
    if (!this.isPublishing || nowMs < this.nextWriteMs) return;
    if (this.writeIntervalMs > 0) this.nextWriteMs += this.writeIntervalMs;
    if (this.socket.writableLength > MAX_QUEUED_BYTES)
      this.fail('the server does not take the stream in time');
    else if (this.writeIntervalMs > 0) this.sendUntil(nowMs - this.startedMs);
    else this.sendEach(nowMs - this.startedMs);
  }

  private read(buffer: Buffer, bytes: number): boolean {
    this.dialogue.feed(buffer, 0, bytes);
    return true;
  }

  private begin(): void {
    const { tape } = this.shared.current;
    this.socket.write(tape.preamble);
    this.sentBodyBytes += tape.preambleBodyBytes;
    this.startedMs = performance.now();
    this.nextWriteMs = this.startedMs;
    this.isPublishing = true;
    this.events.onPublishing();
  }

  private sendEach(elapsedMs: number): void {
    const { entries } = this.shared.current.tape;
    while (this.dueMs() <= elapsedMs && !this.isClosed) {
      const entry = entries[this.position]!;
      this.patchNext();
      this.write(entry.start, entry.end);
    }
    this.nextWriteMs = this.startedMs + this.dueMs();
  }

  /** One write for all that is due; at the tape's end, the rest waits for the next write. */
  private sendUntil(elapsedMs: number): void {
    const { entries } = this.shared.current.tape;
    const start = entries[this.position]!.start;
    let end = start;
    while (this.dueMs() <= elapsedMs) {
      end = entries[this.position]!.end;
      this.patchNext();
      if (this.position === 0) break;
    }
    if (end > start) this.write(start, end);
  }

  private dueMs(): number {
    return this.roundStartMs + this.shared.current.tape.entries[this.position]!.timestampMs;
  }

  private patchNext(): void {
    const { tape, bytes } = this.shared.current;
    const entry = tape.entries[this.position]!;
    if (this.dueMs() > MAX_TIMESTAMP_MS) this.fail('a run longer than 4.6 hours needs extended timestamps');
    patchEntry(bytes, entry, this.dueMs(), nowUs());
    this.sentBodyBytes += entry.bodyBytes;
    this.position++;
    if (this.position === tape.entries.length) {
      this.position = 0;
      this.roundStartMs += tape.roundMs;
    }
  }

  /** Bytes still queued after a write belong to the socket: the shared tape moves to a copy. */
  private write(start: number, end: number): void {
    const { tape, bytes } = this.shared.current;
    const piece = bytes.subarray(start, end);
    const isBacklogged = this.socket.writableLength > 0;
    this.socket.write(isBacklogged ? Buffer.from(piece) : piece);
    this.writes++;
    if (!isBacklogged && this.socket.writableLength > 0)
      this.shared.current = { tape, bytes: Buffer.from(bytes) };
  }

  private fail(reason: string): void {
    if (this.isClosed) return;
    this.close();
    this.events.onFailed(reason);
  }
}
