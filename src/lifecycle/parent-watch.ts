// `asprocess on`: a server that was started by another program ends with it.

const INTERVAL_MS = 1000;

/**
 * Calls back once when the parent process is another one than at the start.
 * @returns stops watching; may be called twice
 */
export function watchParent(onGone: (before: number, now: number) => void): () => void {
  const before = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === before) return;
    clearInterval(timer);
    onGone(before, process.ppid);
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
