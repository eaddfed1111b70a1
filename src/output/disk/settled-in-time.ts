// The end of work at the disk, which must not hold the end of the process up for ever.

/** @returns false if they take longer than that; they go on */
export async function settledInTime(promises: readonly Promise<void>[], timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const all = Promise.all(promises).then(() => true);
  const isSettled = await Promise.race([all, late]);
  clearTimeout(timer);
  return isSettled;
}
