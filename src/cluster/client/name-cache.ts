// Answers of a name server, kept for a moment. Never asked twice at a time for one name, and an answer that once was
// good outlives a failing name server.

/** A name is looked up again after so long: pods that are replaced have new addresses, ms. */
const FRESH_MS = 3000;
/** A name that was not found is not looked up again for so long, ms. */
const FAILED_MS = 1000;
/** With an old answer at hand, nobody waits longer for a new one, ms. */
const PATIENCE_MS = 300;
const MAX_NAMES = 1024;

interface Name<T> {
  /** Empty if there never was an answer. */
  answer: readonly T[];
  error: unknown;
  expiresMs: number;
  pending: Promise<void> | undefined;
}

export class NameCache<T> {
  readonly #lookUp: (name: string) => Promise<readonly T[]>;
  readonly #now: () => number;
  readonly #names = new Map<string, Name<T>>();

  /** @param lookUp rejects if the name has no answer */
  constructor(lookUp: (name: string) => Promise<readonly T[]>, now: () => number) {
    this.#lookUp = lookUp;
    this.#now = now;
  }

  /** Rejects with the name server's error if there never was an answer. */
  async get(text: string): Promise<readonly T[]> {
    const name = this.#name(text);
    if (this.#now() >= name.expiresMs) name.pending ??= this.#refresh(text, name);
    if (name.pending !== undefined) {
      await (name.answer.length === 0 ? name.pending : withPatience(name.pending));
    }
    if (name.answer.length === 0) throw name.error;
    return name.answer;
  }

  /** Never rejects: what went wrong is kept with the name. */
  async #refresh(text: string, name: Name<T>): Promise<void> {
    try {
      name.answer = await this.#lookUp(text);
      name.expiresMs = this.#now() + FRESH_MS;
    } catch (error) {
      name.error = error;
      name.expiresMs = this.#now() + FAILED_MS;
    } finally {
      name.pending = undefined;
    }
  }

  #name(text: string): Name<T> {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const oldest = this.#names.size >= MAX_NAMES ? this.#names.keys().next().value : undefined;
    if (oldest !== undefined) this.#names.delete(oldest);
    const name: Name<T> = { answer: [], error: undefined, expiresMs: 0, pending: undefined };
    this.#names.set(text, name);
    return name;
  }
}

async function withPatience(pending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([pending, patience]);
  clearTimeout(timer);
}
