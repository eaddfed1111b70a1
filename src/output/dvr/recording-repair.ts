// Completes one recording that a server left behind when it was killed: what is torn at its end is cut off, the
// metadata gets its duration, and the file its name. Whatever happens in between, it can be done again.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { FILE_METADATA_POSITION } from '../../container/flv/file-metadata.ts';
import { TornFlv } from '../../container/flv/torn-file.ts';
import { wholeMovieSize } from '../../container/mp4/torn-movie.ts';
import { fileExists, removeFile, renameFile } from '../disk/disk-files.ts';
import { numberedPath } from './dvr-path.ts';
import type { FilePatch } from './recording-writer.ts';

/** A file as it was when somebody looked. */
export interface SeenFile {
  /** Ends in `.tmp`. */
  readonly path: string;
  readonly inode: number;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface RepairHost {
  /** Runs one operation of the disk when it is its turn. */
  readonly turn: <T>(operation: () => Promise<T>) => Promise<T>;
  /** Ends the reading; a file that is being changed is changed to its end. */
  readonly signal: AbortSignal;
}

export type Repair =
  | {
      readonly type: 'completed';
      readonly path: string;
      readonly sizeBytes: number;
      readonly cutBytes: number;
    }
  /** There was no whole frame in it. */
  | { readonly type: 'removed' }
  /** What the file begins with is no recording of ours. */
  | { readonly type: 'unknown' }
  /** Somebody writes it, or has taken it away. */
  | { readonly type: 'busy' };

interface WholePart {
  /** 0 if nothing can be played. */
  readonly sizeBytes: number;
  readonly patches: readonly FilePatch[];
}

const CHUNK_BYTES = 256 * 1024;
const SUFFIX = '.tmp';
const MAX_NUMBER = 1000;

/** Rejects with the error of the disk, or that of the signal. */
export async function repairRecording(seen: SeenFile, host: RepairHost): Promise<Repair> {
  const { turn } = host;
  // A link that has come there meanwhile is not followed.
  const handle = await turn(() => open(seen.path, constants.O_RDWR | constants.O_NOFOLLOW));
  try {
    if (!(await turn(() => isAsSeen(handle, seen)))) return { type: 'busy' };
    const part = await wholePart(handle, seen, host);
    if (part === undefined) return { type: 'unknown' };
    host.signal.throwIfAborted();
    return await turn(() => complete(handle, seen, part));
  } finally {
    await handle.close();
  }
}

async function isAsSeen(handle: FileHandle, seen: SeenFile): Promise<boolean> {
  const { ino, size, mtimeMs } = await handle.stat();
  return ino === seen.inode && size === seen.sizeBytes && mtimeMs === seen.modifiedMs;
}

async function complete(handle: FileHandle, seen: SeenFile, part: WholePart): Promise<Repair> {
  if (!(await isAsSeen(handle, seen))) return { type: 'busy' };
  if (part.sizeBytes === 0) {
    await removeFile(seen.path);
    return { type: 'removed' };
  }
  if (part.sizeBytes < seen.sizeBytes) await handle.truncate(part.sizeBytes);
  for (const { position, bytes } of part.patches) await handle.write(bytes, 0, bytes.length, position);
  const path = await freeName(seen.path.slice(0, -SUFFIX.length));
  await renameFile(seen.path, path);
  return { type: 'completed', path, sizeBytes: part.sizeBytes, cutBytes: seen.sizeBytes - part.sizeBytes };
}

/** Who records to a name holds it with `.tmp` added, this server and others: the own one is held by the file itself. */
async function freeName(own: string): Promise<string> {
  for (let number = 0; number < MAX_NUMBER; number++) {
    const path = numberedPath(own, number);
    const isHeld = number > 0 && (await fileExists(`${path}${SUFFIX}`));
    if (!isHeld && !(await fileExists(path))) return path;
  }
  throw new Error(`${MAX_NUMBER} recordings have the name ${own}`);
}

/** Undefined if it is none of our recordings. */
function wholePart(handle: FileHandle, seen: SeenFile, host: RepairHost): Promise<WholePart | undefined> {
  return seen.path.endsWith(`.mp4${SUFFIX}`) ? wholeMp4(handle, seen, host) : wholeFlv(handle, seen, host);
}

async function wholeFlv(
  handle: FileHandle,
  { sizeBytes }: SeenFile,
  { turn, signal }: RepairHost,
): Promise<WholePart | undefined> {
  const torn = new TornFlv(sizeBytes);
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, sizeBytes));
  for (let position = 0; position < sizeBytes && !torn.isOver; ) {
    signal.throwIfAborted();
    const { bytesRead } = await turn(() => handle.read(chunk, 0, chunk.length, position));
    if (bytesRead === 0) break;
    torn.push(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
  if (torn.isRefused) return undefined;
  const { metadata, ...whole } = torn.result();
  const patches = metadata === undefined ? [] : [{ position: FILE_METADATA_POSITION, bytes: metadata }];
  return { sizeBytes: whole.sizeBytes, patches };
}

async function wholeMp4(
  handle: FileHandle,
  seen: SeenFile,
  { turn, signal }: RepairHost,
): Promise<WholePart | undefined> {
  if (seen.sizeBytes === 0) return { sizeBytes: 0, patches: [] };
  const read = async (position: number, size: number): Promise<Buffer> => {
    signal.throwIfAborted();
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await turn(() => handle.read(bytes, 0, size, position));
    return bytes.subarray(0, bytesRead);
  };
  const sizeBytes = await wholeMovieSize(read, seen.sizeBytes);
  return sizeBytes === undefined ? undefined : { sizeBytes, patches: [] };
}
