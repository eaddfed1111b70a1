// The scripts of the pages are plain JavaScript for browsers; the ones that touch no document run here, too.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = resolve(import.meta.dirname, '../../../src/pages');

/** @param path below src/pages */
export async function pageModule<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(resolve(folder, path)).href)) as T;
}
