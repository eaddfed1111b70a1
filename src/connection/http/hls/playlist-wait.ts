// Requests that wait for a playlist or segment that is not there yet. All who wait for the same one share the looking.

interface Waiting {
  readonly timer: NodeJS.Timeout;
  readonly found: Set<(bytes: Buffer) => void>;
}

const LOOK_MS = 50;

export class PlaylistWait {
  readonly #waiting = new Map<string, Waiting>();

  /**
   * Waits until `read` finds something, the time is over, or `signal` says that nobody wants it any more.
   * @param key names what is read
   */
  find(
    key: string,
    read: () => Promise<Buffer | undefined>,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Buffer | undefined> {
    if (waitMs <= 0 || signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (bytes: Buffer | undefined): void => {
        clearTimeout(deadline);
        signal.removeEventListener('abort', giveUp);
        this.#leave(key, end);
        resolve(bytes);
      };
      const giveUp = (): void => end(undefined);
      const deadline = setTimeout(giveUp, waitMs);
      signal.addEventListener('abort', giveUp);
      this.#join(key, read, end);
    });
  }

  /** Whether somebody waits for something whose name starts like that. */
  hasAny(prefix: string): boolean {
    for (const key of this.#waiting.keys()) if (key.startsWith(prefix)) return true;
    return false;
  }

  #join(key: string, read: () => Promise<Buffer | undefined>, end: (bytes: Buffer) => void): void {
    const known = this.#waiting.get(key);
    if (known !== undefined) {
      known.found.add(end);
      return;
    }
    const found = new Set([end]);
    const look = async (): Promise<void> => {
      const bytes = await read();
      if (bytes !== undefined) for (const tell of [...found]) tell(bytes);
    };
    this.#waiting.set(key, { timer: setInterval(() => void look(), LOOK_MS), found });
  }

  #leave(key: string, end: (bytes: Buffer) => void): void {
    const waiting = this.#waiting.get(key);
    waiting?.found.delete(end);
    if (waiting === undefined || waiting.found.size > 0) return;
    clearInterval(waiting.timer);
    this.#waiting.delete(key);
  }
}
