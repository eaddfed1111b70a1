// Rates from byte counts: the API's own are means over 30 s, too slow to watch.

/** Samples kept: five minutes at one in two seconds. */
const MAX_SAMPLES = 150;
/** What a list no longer shows is forgotten after so long, ms. */
const FORGET_MS = 60_000;

/** Histories of whatever has `send_bytes` and `recv_bytes`, by its id. */
export class Rates {
  #histories = new Map();

  /** @returns the history, newest last: `[{ timeMs, received, sent, frames }]`, kbit/s and frames per second */
  add(id, counts, timeMs) {
    let history = this.#histories.get(id);
    if (history === undefined) {
      history = { counts, timeMs, samples: [] };
      this.#histories.set(id, history);
      return history.samples;
    }
    const elapsedMs = timeMs - history.timeMs;
    if (elapsedMs < 500) return history.samples;
    const rate = (name) => Math.max(0, ((counts[name] - history.counts[name]) * 8) / elapsedMs);
    const frames = (Math.max(0, (counts.frames ?? 0) - (history.counts.frames ?? 0)) * 1000) / elapsedMs;
    history.samples.push({ timeMs, received: rate('recv_bytes'), sent: rate('send_bytes'), frames });
    if (history.samples.length > MAX_SAMPLES) history.samples.shift();
    history.counts = counts;
    history.timeMs = timeMs;
    return history.samples;
  }

  samples(id) {
    return this.#histories.get(id)?.samples ?? [];
  }

  last(id) {
    return this.samples(id).at(-1);
  }

  forget(timeMs) {
    for (const [id, history] of this.#histories) {
      if (timeMs - history.timeMs > FORGET_MS) this.#histories.delete(id);
    }
  }
}
