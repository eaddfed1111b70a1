// Periodic work of many parties spread over one window: each does its share once per window, and no turn of the
// event loop has more to do than a slot's share. Viewers are flushed so (`play.mw_latency`), and publishers with
// merged read are read so (`publish.mr_latency`): one timer and one wake-up of the process for all of a slot.

/** What is to be done once per window. */
export interface SlotTask {
  /** Its share of the work, in any unit that all tasks of a clock have in common. May change. */
  readonly load: number;
  run(): void;
}

/** Shortest distance between two slots, ms: below that timers cost more than they spread. */
const MIN_SLOT_MS = 20;
const MAX_SLOTS = 16;

export class SlotClock {
  readonly #slots: SlotTask[][] = [];
  readonly #slotMs: number;
  #timer: NodeJS.Timeout | undefined;
  #nextSlot = 0;
  #dueMs = 0;
  #taskCount = 0;

  /** @param windowMs how long each task waits for its next turn */
  constructor(windowMs: number) {
    const slots = Math.max(1, Math.min(MAX_SLOTS, Math.floor(windowMs / MIN_SLOT_MS)));
    this.#slotMs = Math.max(1, windowMs) / slots;
    for (let i = 0; i < slots; i++) this.#slots.push([]);
  }

  /** Tasks that a very large one should be split into. */
  get slotCount(): number {
    return this.#slots.length;
  }

  /** Adds a task where there is least to do; the returned function removes it again. */
  add(task: SlotTask): () => void {
    const slot = this.#quietestSlot();
    slot.push(task);
    this.#taskCount++;
    if (this.#taskCount === 1) this.#start();
    return () => {
      const index = slot.indexOf(task);
      if (index < 0) return;
      slot.splice(index, 1);
      this.#taskCount--;
      if (this.#taskCount === 0) this.#stop();
    };
  }

  #quietestSlot(): SlotTask[] {
    let best = this.#slots[0] as SlotTask[];
    let bestLoad = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots) {
      const load = slot.reduce((sum, task) => sum + task.load, 0);
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
    const slot = this.#slots[this.#nextSlot] as SlotTask[];
    this.#nextSlot = (this.#nextSlot + 1) % this.#slots.length;
    const now = performance.now();
    this.#dueMs += this.#slotMs;
    if (this.#dueMs < now - this.#slotMs * this.#slots.length) this.#dueMs = now;
    for (const task of slot.slice()) task.run();
    if (this.#taskCount > 0) this.#schedule();
  }
}

/** One clock per length of window: nearly always just one for the whole server. */
export class SlotClocks {
  readonly #clocks = new Map<number, SlotClock>();

  get(windowMs: number): SlotClock {
    const found = this.#clocks.get(windowMs);
    if (found !== undefined) return found;
    const clock = new SlotClock(windowMs);
    this.#clocks.set(windowMs, clock);
    return clock;
  }
}
