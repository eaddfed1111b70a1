// Several ways to the same answer, the likely one first.

/**
 * Starts the ways one after the other: the next when one has failed, or has taken too long. The first that succeeds
 * is the answer.
 * @param delayMs how long a way has before the next one is started beside it
 * @returns rejects with the first way's error if none succeeds
 */
export function hedged<T>(ways: readonly (() => Promise<T>)[], delayMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let next = 0;
    let failed = 0;
    let firstError: unknown;
    let timer: NodeJS.Timeout | undefined;
    const startNext = (): void => {
      clearTimeout(timer);
      const way = ways[next++];
      if (way === undefined) return;
      timer = setTimeout(startNext, delayMs);
      way().then(
        (answer) => {
          clearTimeout(timer);
          next = ways.length;
          resolve(answer);
        },
        (error) => {
          firstError ??= error;
          failed++;
          if (failed === ways.length) {
            clearTimeout(timer);
            reject(firstError);
          } else {
            startNext();
          }
        },
      );
    };
    if (ways.length === 0) reject(new Error('there is no way'));
    startNext();
  });
}
