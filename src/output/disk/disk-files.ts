// File operations of the outputs that write: folders made when they are missing, names that appear only with their
// whole content, everything readable for the web server beside us whatever the umask.

import { chmod, type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;
/** A job that removes empty folders may come in between more than once. */
const FOLDER_ATTEMPTS = 5;
const COPY_CHUNK = 1024 * 1024;

/** Is it the error of a file or folder that does not exist? */
export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

/** Is it this error of the system, ENOSPC say? */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Makes a folder and those above it. Rejects with an error that names it. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
  } catch (cause) {
    throw new Error(`create dir ${path} failed`, { cause });
  }
}

// Not `mkdir` with `recursive`: that never ends where the system says ENOENT for a parent that does exist (Node 20,
// /proc for one), and keeps a thread busy for good.
async function makeFolders(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    if (!isMissing(error) || parent === path) throw error;
    await makeFolders(parent);
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, FOLDER_MODE);
    await allowReading(path, FOLDER_MODE);
  } catch (error) {
    const isThere = hasCode(error, 'EEXIST') && (await stat(path)).isDirectory();
    if (!isThere) throw error;
  }
}

/**
 * Opens a new file for writing and reading back.
 * @param isExclusive reject if there is one of that name
 */
export async function createFile(path: string, isExclusive = false): Promise<FileHandle> {
  const handle = await inFolder(path, () => open(path, isExclusive ? 'wx+' : 'w+', FILE_MODE));
  await handle.chmod(FILE_MODE).catch(() => {});
  return handle;
}

/** Writes all of `bytes` at the end of an open file. */
export async function append(handle: FileHandle, bytes: Buffer): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, offset, bytes.length - offset);
    offset += bytesWritten;
  }
}

/**
 * Gives an open file its final name. If somebody has removed the folder meanwhile, the open file still has the
 * bytes: they are copied into a new one.
 * @returns true if that was necessary: older files of the folder are gone as well
 */
export async function publishFile(handle: FileHandle, temporary: string, path: string): Promise<boolean> {
  try {
    await renameFile(temporary, path);
    return false;
  } catch (error) {
    if (!isMissing((error as Error).cause)) throw error;
  }
  const copy = await createFile(temporary);
  try {
    await copyContent(handle, copy);
  } finally {
    await copy.close();
  }
  await inFolder(path, () => rename(temporary, path));
  return true;
}

/** Writes a small file, text or bytes, so that readers see the old content or the new one. */
export async function replaceFile(
  path: string,
  temporary: string,
  content: string | Uint8Array,
): Promise<void> {
  try {
    await inFolder(temporary, () => writeFile(temporary, content, { mode: FILE_MODE }));
    await allowReading(temporary, FILE_MODE);
    await renameFile(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Rejects with an error that names both. */
export async function renameFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    throw new Error(`rename ${from} to ${to}`, { cause });
  }
}

/** Writes a small file under its own name. */
export async function writeWholeFile(path: string, bytes: Buffer): Promise<void> {
  await inFolder(path, () => writeFile(path, bytes, { mode: FILE_MODE }));
  await allowReading(path, FILE_MODE);
}

/** Removes a file. @returns false if there was none */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw new Error(`unlink ${path}`, { cause: error });
  }
}

/** A small text file and when it was written; undefined if there is none or it is larger than `maxBytes`. */
export async function readSmallFile(
  path: string,
  maxBytes: number,
): Promise<{ readonly text: string; readonly modifiedMs: number } | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return size > maxBytes ? undefined : { text: await readFile(path, 'utf8'), modifiedMs: mtimeMs };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`read ${path}`, { cause: error });
  }
}

export async function fileExists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

/** Does something with a path; if its folder is missing, makes that and tries again. */
async function inFolder<T>(path: string, operation: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation();
    } catch (cause) {
      const isLast = !isMissing(cause) || attempt === FOLDER_ATTEMPTS;
      if (isLast) throw new Error(`open file ${path}`, { cause });
    }
    await makeFolder(dirname(path));
  }
}

async function copyContent(from: FileHandle, to: FileHandle): Promise<void> {
  const chunk = Buffer.allocUnsafe(COPY_CHUNK);
  for (let position = 0; ; ) {
    const { bytesRead } = await from.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return;
    await append(to, chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** Some file systems know no modes; that is no reason to fail. */
async function allowReading(path: string, mode: number): Promise<void> {
  await chmod(path, mode).catch(() => {});
}
