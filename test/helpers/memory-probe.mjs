// Preloaded into the server under test with `--import`: answers "memory" with what is in use after a garbage
// collection. The channel is unreferenced, so the server ends as it would without it.

process.on('message', (message) => {
  if (message !== 'memory') return;
  globalThis.gc?.();
  process.send?.(process.memoryUsage());
});
process.on('disconnect', () => process.exit(1)); // the test is gone: nobody else would end this server
process.channel?.unref();
