// Waiting for what will be true soon: tests have deadlines, never fixed pauses.

import { setTimeout as delay } from 'node:timers/promises';

/**
 * Long enough for a machine that does ten other things: only a failing test ever waits for it. Where a test
 * claims that something happens soon, it says how soon.
 */
export const PATIENCE_MS = 60_000;

export interface WaitOptions {
  /** Default `PATIENCE_MS`. */
  readonly timeoutMs?: number;
  /** Default 20 ms. */
  readonly intervalMs?: number;
}

/** Polls until `condition` returns something truthy and returns that; throws with `what` after the deadline. */
export async function waitFor<T>(
  what: string | (() => string),
  condition: () => T | Promise<T>,
  { timeoutMs = PATIENCE_MS, intervalMs = 20 }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${typeof what === 'string' ? what : what()}`);
    }
    await delay(intervalMs);
  }
}

/** Rejects when `promise` takes longer than `timeoutMs`. */
export async function withTimeout<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  const abort = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: abort.signal, ref: true }).then(() => {
    throw new Error(`${what}: not within ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
    late.catch(() => {});
  }
}

/**
 * Waits until `measure()` has not changed for `quietMs`; returns its last value. Looks are counted, not time: a process
 * that was held up for a second has not read yet what came meanwhile.
 */
export async function waitUntilQuiet(
  what: string,
  measure: () => number,
  { quietMs = 1000, timeoutMs = PATIENCE_MS }: { quietMs?: number; timeoutMs?: number } = {},
): Promise<number> {
  const intervalMs = 50;
  let last = measure();
  let looks = 0;
  await waitFor(
    `${what} to become quiet`,
    () => {
      const now = measure();
      looks = now === last ? looks + 1 : 0;
      last = now;
      return looks > quietMs / intervalMs;
    },
    { timeoutMs, intervalMs },
  );
  return last;
}
