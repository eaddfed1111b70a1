// What the recording tests read: files on disk as ffprobe and ffmpeg see them, and their boxes and metadata.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { decodeAmf } from './amf0.ts';
import { run } from './child.ts';
import { ffmpegPath, ffprobePath } from './ffmpeg.ts';
import { parseFlv } from './flv.ts';
import { waitFor } from './wait-for.ts';

/** The files below a folder, relative to it, sorted. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  // Not asked one by one: files come and go meanwhile. Not `recursive`: that follows links, from Node 24 on.
  const entries = readdirSync(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const below = folders.flatMap((name) => filesBelow(join(folder, name)).map((file) => join(name, file)));
  return [...files, ...below].sort();
}

/** Waits until so many recordings are complete and none is open; their paths. */
export async function finishedRecordings(folder: string, count: number): Promise<string[]> {
  const names = await waitFor(
    () => `${count} complete recordings in ${folder}: ${filesBelow(folder).join(', ')}`,
    () => {
      const found = filesBelow(folder);
      return found.length === count && !found.some((name) => name.endsWith('.tmp')) ? found : undefined;
    },
  );
  return names.map((name) => join(folder, name));
}

/** Decodes all of it, from `fromSec` on if given; nothing to complain about. Returns the time of the first picture. */
export async function expectPlayable(path: string, fromSec?: number): Promise<void> {
  const seek = fromSec === undefined ? [] : ['-ss', String(fromSec)];
  const ffmpeg = await run(ffmpegPath(), [
    '-v',
    'warning',
    '-nostdin',
    ...seek,
    '-i',
    path,
    '-f',
    'null',
    '-',
  ]);
  expect(ffmpeg.stderr, `${path} from ${fromSec ?? 0} s`).toBe('');
  expect(ffmpeg.status?.code, path).toBe(0);
}

/** Where a player lands that seeks: times of the first packet, s. */
export async function firstPacketAfterSeek(path: string, toSec: number): Promise<number> {
  const entries = ['-select_streams', 'v:0', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0'];
  const probe = await run(ffprobePath(), [
    '-v',
    'error',
    '-read_intervals',
    `${toSec}%+#1`,
    ...entries,
    path,
  ]);
  return Number(probe.stdout.split('\n')[0]);
}

export async function durationSec(path: string): Promise<number> {
  const entries = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0'];
  return Number((await run(ffprobePath(), [...entries, path])).stdout.trim());
}

export interface FlvFileMetadata {
  readonly duration: number;
  readonly filesize: number;
  readonly server?: string;
  readonly keyframes: { readonly times: readonly number[]; readonly filepositions: readonly number[] };
}

/** The first script tag of an FLV file. */
export function flvMetadata(path: string): FlvFileMetadata {
  const [first] = parseFlv(readFileSync(path)).tags;
  const [name, content] = decodeAmf(first!.body);
  expect([first!.type, name]).toEqual([18, 'onMetaData']);
  return content as unknown as FlvFileMetadata;
}

/** Types of the boxes of an MP4 file, in order. */
export function topLevelBoxes(path: string): string[] {
  const bytes = readFileSync(path);
  const types: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    types.push(bytes.toString('latin1', at + 4, at + 8));
    at += size === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : size;
    expect(at, `end of ${types.at(-1)} in ${path}`).toBeLessThanOrEqual(bytes.length);
  }
  return types;
}
