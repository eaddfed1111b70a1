// Lets only so many file operations run at a time. Node has a few threads for files, DNS and more: were all of them
// stuck in a network folder that does not answer, nothing else in the server could read a file or find a host.

/** Threads of libuv unless UV_THREADPOOL_SIZE says otherwise. */
const DEFAULT_THREADS = 4;

/** One queue per folder, so that a folder that hangs holds up no other. At least one thread stays free of all. */
export class DiskQueues {
  readonly #threads: number;
  readonly #queues = new Map<string, DiskQueue>();

  constructor(threads = Number(process.env.UV_THREADPOOL_SIZE) || DEFAULT_THREADS) {
    this.#threads = threads;
  }

  /** The queue of a folder. */
  get(folder: string): DiskQueue {
    const found = this.#queues.get(folder);
    if (found !== undefined) return found;
    const queue = new DiskQueue(() => this.#threadsPerQueue);
    this.#queues.set(folder, queue);
    return queue;
  }

  get #threadsPerQueue(): number {
    return Math.max(1, Math.floor((this.#threads - 1) / this.#queues.size));
  }
}

export class DiskQueue {
  readonly #limit: () => number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param limit how many may run at a time right now */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Runs `operation` when it is its turn. */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit()) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#running++;
    try {
      return await operation();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}
