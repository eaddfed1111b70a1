import { type LoadResult, load } from '../../../src/config/load.ts';

/** Loads a configuration that stands in no file. */
export function loadText(text: string): LoadResult {
  const readFile = (path: string) => (path === '/srs.conf' ? Buffer.from(text) : undefined);
  return load({ configFile: '/srs.conf', envOnly: false, readFile, env: {}, cwd: '/', host: {} });
}
