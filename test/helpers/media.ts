// Source files, made by ffmpeg once per run when the first test asks for them. Pictures and tones are
// synthetic; the encoders run single-threaded so that a file is the same whoever makes it.

import { existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.ts';
import { ffmpegPath } from './ffmpeg.ts';
import { encodeFlv, type FlvTag, flvTagType, parseFlv } from './flv.ts';
import { runFolder } from './run-folder.ts';
import { waitFor } from './wait-for.ts';

/** One key frame a second: late viewers have something to start from soon. */
const framesPerSec = 25;
const durationSec = 5;

const picture = (size: string) => ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${framesPerSec}`];
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100'];
const h264 = (bFrames: number) =>
  `-c:v libx264 -preset veryfast -threads 1 -pix_fmt yuv420p -b:v 500k -bf ${bFrames} ` +
  `-g ${framesPerSec} -keyint_min ${framesPerSec} -sc_threshold 0`;
const hevc =
  `-c:v libx265 -preset ultrafast -pix_fmt yuv420p -b:v 400k -tag:v hvc1 ` +
  `-x265-params log-level=none:keyint=${framesPerSec}:min-keyint=${framesPerSec}:scenecut=0:bframes=2:pools=1`;
const aac = '-c:a aac -b:a 64k';
const mp3 = '-c:a libmp3lame -b:a 64k';

const recipes = {
  'h264-aac.flv': [...picture('640x360'), ...tone, ...words(h264(0)), ...words(aac)],
  'h264-bframes-aac.flv': [...picture('640x360'), ...tone, ...words(h264(2)), ...words(aac)],
  'h264-small-aac.flv': [...picture('320x180'), ...tone, ...words(h264(0)), ...words(aac)],
  'h264.flv': [...picture('640x360'), ...words(h264(0))],
  'aac.flv': [...tone, ...words(aac)],
  'mp3.flv': [...tone, ...words(mp3)],
  'h264-mp3.flv': [...picture('640x360'), ...tone, ...words(h264(0)), ...words(mp3)],
  'hevc.mp4': [...picture('320x180'), ...words(hevc)],
} as const;

export type MediaName = keyof typeof recipes;

/** Path of the file. Safe to call from several workers at once: one makes it, the others wait. */
export async function mediaFile(name: MediaName): Promise<string> {
  return once(name, async (path) => {
    const output = ['-t', String(durationSec), '-fflags', '+bitexact', '-flags', '+bitexact', '-y', path];
    const ffmpeg = await run(ffmpegPath(), ['-v', 'error', '-nostdin', ...recipes[name], ...output]);
    if (ffmpeg.status?.code !== 0) throw new Error(ffmpeg.describe());
  });
}

export async function mediaTags(name: MediaName): Promise<readonly FlvTag[]> {
  return fileTags(await mediaFile(name));
}

export function fileTags(path: string): readonly FlvTag[] {
  return parseFlv(readFileSync(path)).tags;
}

/**
 * Two files one after the other on one clock: the second brings its own sequence headers in mid-stream, as
 * an encoder does that changes its resolution. Without the second file's metadata.
 */
export async function joinedMediaFile(first: MediaName, second: MediaName): Promise<string> {
  return once(`${first}+${second}`.replaceAll('.flv', '').concat('.flv'), async (path) => {
    const head = await mediaTags(first);
    const tail = (await mediaTags(second)).filter((tag) => tag.type !== flvTagType.script);
    const startMs = Math.max(...head.map((tag) => tag.timestampMs)) + 1000 / framesPerSec;
    const moved = tail.map((tag) => ({ ...tag, timestampMs: tag.timestampMs + startMs }));
    writeFileSync(path, encodeFlv([...head, ...moved]));
  });
}

async function once(name: string, make: (path: string) => Promise<void>): Promise<string> {
  const folder = join(runFolder(), 'media');
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true });
  if (isMine(`${path}.lock`)) {
    const unfinished = join(folder, `unfinished-${name}`);
    await make(unfinished);
    renameSync(unfinished, path);
    return path;
  }
  await waitFor(`${path}, which another worker makes`, () => existsSync(path), { timeoutMs: 60_000 });
  return path;
}

/** The first to create the file may go on; it is never removed, so a failure is not tried again. */
function isMine(lock: string): boolean {
  try {
    openSync(lock, 'wx');
    return true;
  } catch {
    return false;
  }
}

function words(text: string): string[] {
  return text.split(' ');
}
