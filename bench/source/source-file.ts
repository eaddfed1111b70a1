// The stream that every run publishes: a test picture with noise and a tone, made once by ffmpeg per bitrate
// and kept. Filler makes the rate constant, so that a window of 20 s holds what the name says.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { findFfmpegTool } from '../../src/process/ffmpeg-binary.ts';

const AUDIO_KBPS = 64;
const LOW_AUDIO_KBPS = 32;
/** Ten pictures groups of 2 s; the publisher repeats them for ever. */
const LENGTH_SEC = 20;
const FRAMES_PER_SEC = 25;
const FRAMES_PER_GOP = 50;

/** Path of the FLV file for this total bitrate; makes it when it is not there yet. */
export function sourceFile(cacheDir: string, bitrateKbps: number): string {
  const path = join(cacheDir, `source-${bitrateKbps}k.flv`);
  if (existsSync(path)) return path;
  const ffmpeg = findFfmpegTool('ffmpeg');
  if (ffmpeg === undefined) throw new Error('no ffmpeg: apt-get install ffmpeg, or set FFMPEG_BIN');
  mkdirSync(cacheDir, { recursive: true });
  const part = `${path}.part`;
  const made = spawnSync(ffmpeg, ffmpegArguments(bitrateKbps, part), { encoding: 'utf8' });
  if (made.status !== 0) {
    const reason = made.error?.message ?? made.stderr.trim().split('\n').at(-1);
    throw new Error(`ffmpeg could not make ${path}: ${reason}; set FFMPEG_BIN to an ffmpeg with libx264`);
  }
  renameSync(part, path);
  return path;
}

function ffmpegArguments(bitrateKbps: number, path: string): string[] {
  const audioKbps = bitrateKbps < 500 ? LOW_AUDIO_KBPS : AUDIO_KBPS;
  const videoKbps = Math.max(50, bitrateKbps - audioKbps);
  const size = bitrateKbps < 500 ? '320x180' : bitrateKbps < 3000 ? '640x360' : '1280x720';
  const picture = `testsrc2=size=${size}:rate=${FRAMES_PER_SEC},noise=alls=12:allf=t`;
  return [
    ...['-hide_banner', '-loglevel', 'error', '-y'],
    ...['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100'],
    ...[
      '-t',
      String(LENGTH_SEC),
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-bf',
      '0',
    ],
    ...['-g', String(FRAMES_PER_GOP), '-keyint_min', String(FRAMES_PER_GOP), '-sc_threshold', '0'],
    ...['-b:v', `${videoKbps}k`, '-minrate', `${videoKbps}k`, '-maxrate', `${videoKbps}k`],
    ...['-bufsize', `${videoKbps}k`, '-x264-params', 'nal-hrd=cbr:force-cfr=1'],
    ...['-c:a', 'aac', '-b:a', `${audioKbps}k`, '-ac', '2', '-f', 'flv', path],
  ];
}
