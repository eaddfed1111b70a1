// One viewer's connection. It parses until the first key frame; after that a checked viewer goes on parsing
// and all others only count bytes, so that thousands of them cost far less than the server they load.

import { connect, type Socket } from 'node:net';
import { nowUs } from '../source/stamp.ts';
import { MediaWatch } from './media-watch.ts';
import { PausedReaders, ReadPace } from './read-slices.ts';
import type { CheckLimits } from './stream-check.ts';

/** Bytes of one protocol, from the greeting on. */
export interface ViewerProtocol {
  start(): void;
  feed(data: Buffer, start: number, end: number): void;
  /** True when every byte must be parsed to know what to ask for next. */
  readonly mustParse?: boolean;
}

/** What a protocol may do with its viewer. */
export interface ViewerLink {
  readonly watch: MediaWatch;
  readonly isChecked: boolean;
  write(bytes: Buffer): void;
  /** Writes later, unless the viewer is closed by then. */
  writeLater(bytes: Buffer, delayMs: number): void;
  fail(reason: string): void;
}

export type CreateProtocol = (link: ViewerLink) => ViewerProtocol;

export interface ViewerSettings {
  readonly host: string;
  readonly port: number;
  readonly localAddress: string;
  readonly createProtocol: CreateProtocol;
  /** Present for a viewer that checks everything it gets. */
  readonly checkLimits: CheckLimits | undefined;
  /** Bytes a second that a slow viewer takes; 0 stops reading after the first key frame. */
  readonly slowBytesPerSec: number | undefined;
}

/** All viewers of a process read into the same memory: nobody keeps what is in it. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);
const PAUSED = new PausedReaders();
const SLOW_TICK_MS = 100;

export class Viewer implements ViewerLink {
  readonly watch: MediaWatch;
  receivedBytes = 0;
  failure: string | undefined;
  readonly isSlow: boolean;
  readonly isChecked: boolean;
  readonly startedUs = nowUs();
  private readonly socket: Socket;
  private readonly protocol: ViewerProtocol;
  private readonly pace = new ReadPace();
  private readonly slowBytesPerSec: number;
  private slowTimer: NodeJS.Timeout | undefined;
  private laterTimer: NodeJS.Timeout | undefined;
  private allowedBytes = 0;
  private isParsing = true;
  private isClosed = false;

  constructor(settings: ViewerSettings) {
    this.watch = new MediaWatch(settings.checkLimits);
    this.isChecked = settings.checkLimits !== undefined;
    this.isSlow = settings.slowBytesPerSec !== undefined;
    this.slowBytesPerSec = settings.slowBytesPerSec ?? 0;
    this.protocol = settings.createProtocol(this);
    const onread = { buffer: READ_BUFFER, callback: (bytes: number) => this.read(bytes) };
    const { host, port, localAddress } = settings;
    this.socket = connect({ host, port, localAddress, onread });
    this.socket.on('connect', () => this.protocol.start());
    this.socket.on('error', (error) => this.fail(error.message));
    this.socket.on('close', () => this.fail('the server closed the connection'));
  }

  get isPlaying(): boolean {
    return this.watch.firstKeyUs !== undefined && this.failure === undefined;
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  writeLater(bytes: Buffer, delayMs: number): void {
    clearTimeout(this.laterTimer);
    this.laterTimer = setTimeout(() => this.socket.write(bytes), delayMs);
  }

  fail(reason: string): void {
    if (this.isClosed) return;
    this.failure = reason;
    this.close();
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.slowTimer);
    clearTimeout(this.laterTimer);
    this.socket.destroy();
  }

  private read(bytes: number): boolean {
    this.receivedBytes += bytes;
    if (this.isParsing) this.parse(bytes);
    if (this.isSlow) return this.watch.firstKeyUs === undefined || this.throttle(bytes);
    return this.isParsing || this.goesOn();
  }

  private goesOn(): boolean {
    const nowMs = performance.now();
    if (!this.pace.isChatty(nowMs)) return true;
    PAUSED.add(this.socket, nowMs);
    return false;
  }

  private parse(bytes: number): void {
    this.watch.nowUs = nowUs();
    try {
      this.protocol.feed(READ_BUFFER, 0, bytes);
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
    }
    if (this.protocol.mustParse === true || this.isChecked) return;
    if (this.watch.firstKeyUs !== undefined) this.isParsing = false;
  }

  /** Returns whether reading may go on at once; otherwise a timer lets it go on. */
  private throttle(bytes: number): boolean {
    this.allowedBytes -= bytes;
    if (this.allowedBytes > 0) return true;
    if (this.slowBytesPerSec > 0) this.slowTimer ??= setInterval(() => this.refill(), SLOW_TICK_MS);
    return false;
  }

  private refill(): void {
    this.allowedBytes += (this.slowBytesPerSec * SLOW_TICK_MS) / 1000;
    if (this.allowedBytes > 0) this.socket.resume();
  }
}
