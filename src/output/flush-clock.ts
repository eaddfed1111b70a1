// Spreads the flushes of all streams over the window of merged writes (`play.mw_latency`): each group of
// viewers is flushed once per window, but no turn of the event loop writes to more than a slot's share.

/** A set of viewers that is flushed in one go. */
export interface FlushGroup {
  readonly viewerCount: number;
  flush(): void;
}

/** Shortest distance between two slots, ms: below that timers cost more than they spread. */
const MIN_SLOT_MS = 20;
const MAX_SLOTS = 16;

export class FlushClock {
  readonly #slots: FlushGroup[][] = [];
  readonly #slotMs: number;
  #timer: NodeJS.Timeout | undefined;
  #nextSlot = 0;
  #dueMs = 0;
  #groupCount = 0;

  /** @param windowMs how long data may wait for its flush */
  constructor(windowMs: number) {
    const slots = Math.max(1, Math.min(MAX_SLOTS, Math.floor(windowMs / MIN_SLOT_MS)));
    this.#slotMs = Math.max(1, windowMs) / slots;
    for (let i = 0; i < slots; i++) this.#slots.push([]);
  }

  /** Groups that a stream with very many viewers should be split into. */
  get slotCount(): number {
    return this.#slots.length;
  }

  /** Adds a group where there is least to do; the returned function removes it again. */
  add(group: FlushGroup): () => void {
    const slot = this.#quietestSlot();
    slot.push(group);
    this.#groupCount++;
    if (this.#groupCount === 1) this.#start();
    return () => {
      const index = slot.indexOf(group);
      if (index < 0) return;
      slot.splice(index, 1);
      this.#groupCount--;
      if (this.#groupCount === 0) this.#stop();
    };
  }

  #quietestSlot(): FlushGroup[] {
    let best = this.#slots[0] as FlushGroup[];
    let bestLoad = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots) {
      const load = slot.reduce((sum, group) => sum + 1 + group.viewerCount, 0);
      if (load < bestLoad) {
        best = slot;
        bestLoad = load;
      }
    }
    return best;
  }

  #start(): void {
    this.#dueMs = performance.now() + this.#slotMs;
    this.#schedule();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  // The next due time follows from the last one, not from now, so that late timers do not add up; after a
  // stall of more than a window the missed turns are dropped.
  #schedule(): void {
    const delay = Math.max(0, this.#dueMs - performance.now());
    this.#timer = setTimeout(() => this.#tick(), delay);
  }

  #tick(): void {
    const slot = this.#slots[this.#nextSlot] as FlushGroup[];
    this.#nextSlot = (this.#nextSlot + 1) % this.#slots.length;
    const now = performance.now();
    this.#dueMs += this.#slotMs;
    if (this.#dueMs < now - this.#slotMs * this.#slots.length) this.#dueMs = now;
    for (const group of slot.slice()) group.flush();
    if (this.#groupCount > 0) this.#schedule();
  }
}

/** One clock per window length: nearly always just one for the whole server. */
export class FlushClocks {
  readonly #clocks = new Map<number, FlushClock>();

  /** @param windowMs `play.mw_latency` of a vhost */
  get(windowMs: number): FlushClock {
    const found = this.#clocks.get(windowMs);
    if (found !== undefined) return found;
    const clock = new FlushClock(windowMs);
    this.#clocks.set(windowMs, clock);
    return clock;
  }
}
