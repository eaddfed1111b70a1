// Spares the client a read per message. A server in real-time mode sends 68 small pieces a second to each
// viewer; a viewer that only counts bytes lets them gather in the kernel and takes them ten times a second.

import type { Socket } from 'node:net';

const PAUSE_MS = 100;
/** Paused sockets go on in small groups, not all at once. */
const TICK_MS = 10;
/** The opening burst says nothing about how the server sends later. */
const IGNORED_MS = 2000;
const JUDGED_READS = 20;
/** A server that flushes every 350 ms causes about three reads a second, and at most two for each flush. */
const MAX_READS_PER_SEC = 12;

/** Finds out whether the server sends many small pieces to this viewer. */
export class ReadPace {
  private startMs = 0;
  private reads = 0;
  private verdict: boolean | undefined;

  isChatty(nowMs: number): boolean {
    if (this.verdict !== undefined) return this.verdict;
    if (this.startMs === 0) this.startMs = nowMs + IGNORED_MS;
    if (nowMs >= this.startMs && ++this.reads === JUDGED_READS) {
      this.verdict = JUDGED_READS / ((nowMs - this.startMs) / 1000) > MAX_READS_PER_SEC;
    }
    return false;
  }
}

interface Paused {
  readonly socket: Socket;
  readonly untilMs: number;
}

/** Lets paused sockets go on when their time has come; one timer for all. */
export class PausedReaders {
  private readonly paused: Paused[] = [];
  private timer: NodeJS.Timeout | undefined;

  add(socket: Socket, nowMs: number): void {
    this.paused.push({ socket, untilMs: nowMs + PAUSE_MS });
    this.timer ??= setInterval(() => this.resumeDue(), TICK_MS);
  }

  private resumeDue(): void {
    const nowMs = performance.now();
    let due = 0;
    while (due < this.paused.length && this.paused[due]!.untilMs <= nowMs) {
      this.paused[due++]!.socket.resume();
    }
    this.paused.splice(0, due);
  }
}
