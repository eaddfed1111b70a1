// What the HLS tests read: playlists and segments on disk, and the frames in them beside those of the source.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run } from '../helpers/child.ts';
import { ffprobePath } from '../helpers/ffmpeg.ts';
import { type FlvTag, flvTagType } from '../helpers/flv.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { adtsFrames, nalUnits } from '../unit/container/mpegts/elementary-checks.ts';
import { type CheckedPes, TsChecker } from '../unit/container/mpegts/ts-checker.ts';

export interface ListedSegment {
  readonly uri: string;
  readonly durationSec: number;
  readonly isDiscontinuity: boolean;
}

export interface Playlist {
  readonly text: string;
  readonly sequence: number;
  readonly targetSec: number;
  readonly segments: readonly ListedSegment[];
}

export function parsePlaylist(text: string): Playlist {
  const number = (tag: string) => Number(new RegExp(`^#EXT-X-${tag}:(\\d+)$`, 'm').exec(text)?.[1]);
  const entry = /^((?:#EXT-X-(?:DISCONTINUITY|KEY:.*)\n)*)#EXTINF:([\d.]+), no desc\n(.+)$/gm;
  const segments = [...text.matchAll(entry)].map(([, tags, duration, uri]) => ({
    uri: String(uri),
    durationSec: Number(duration),
    isDiscontinuity: String(tags).includes('DISCONTINUITY'),
  }));
  return { text, sequence: number('MEDIA-SEQUENCE'), targetSec: number('TARGETDURATION'), segments };
}

/** The files of one stream below `hls_path`. */
export class HlsFolder {
  readonly folder: string;
  readonly stream: string;

  /** @param root `hls_path` */
  constructor(root: string, stream: string, app = 'live') {
    this.folder = join(root, app);
    this.stream = stream;
  }

  get playlistPath(): string {
    return join(this.folder, `${this.stream}.m3u8`);
  }

  get files(): string[] {
    return existsSync(this.folder) ? readdirSync(this.folder).sort() : [];
  }

  get playlist(): Playlist | undefined {
    return existsSync(this.playlistPath) ? parsePlaylist(readFileSync(this.playlistPath, 'utf8')) : undefined;
  }

  /** Waits until the playlist lists the segment with this number, or a later one. */
  async untilListed(sequence: number): Promise<Playlist> {
    return waitFor(
      () => `segment ${sequence} of ${this.stream}; listed: ${this.playlist?.text}`,
      () => {
        const { playlist } = this;
        return playlist && playlist.sequence + playlist.segments.length > sequence ? playlist : undefined;
      },
    );
  }

  /** Checks every listed segment by the standard and with ffprobe. Returns what is in them, in order. */
  async checked(playlist: Playlist): Promise<CheckedPes[]> {
    const checker = new TsChecker();
    const pes: CheckedPes[] = [];
    for (const { uri, isDiscontinuity } of playlist.segments) {
      const path = join(this.folder, uri);
      pes.push(...checker.check(readFileSync(path), uri, { isDiscontinuity }).pes);
      await expectNoComplaint(path);
    }
    expect(checker.problems).toEqual([]);
    return pes;
  }
}

async function expectNoComplaint(path: string): Promise<void> {
  const ffprobe = await run(ffprobePath(), ['-v', 'warning', '-show_packets', '-of', 'compact=nk=1', path]);
  expect(ffprobe.stderr, path).toBe('');
  expect(ffprobe.stdout, path).not.toBe('');
}

/** One line per frame: track, times relative to the first of all, and a digest of its bytes without framing. */
export function framesOf(pes: readonly CheckedPes[]): { video: string[]; audio: string[] } {
  const isVideo = ({ streamType }: CheckedPes) => streamType === 0x1b;
  const start = Math.min(...pes.map(({ dts }) => dts));
  const time = ({ dts, pts }: CheckedPes) => `${(dts - start) / 90}+${(pts - dts) / 90}`;
  return {
    video: pes.filter(isVideo).map((unit) => `${time(unit)} ${digest(picture(nalUnits(unit.data)))}`),
    audio: pes.filter((unit) => !isVideo(unit)).map((unit) => `${time(unit)} ${digest(sound(unit))}`),
  };
}

/** The same of the tags of a source with H.264, AAC or MP3. */
export function framesOfTags(tags: readonly FlvTag[]): { video: string[]; audio: string[] } {
  const media = tags.filter(({ type, body }) => type !== flvTagType.script && !isHeader(type, body));
  const start = Math.min(...media.map(({ timestampMs }) => timestampMs));
  const video = media.filter(({ type }) => type === flvTagType.video);
  const audio = media.filter(({ type }) => type === flvTagType.audio);
  return {
    video: video.map(({ timestampMs, body }) => {
      return `${timestampMs - start}+${body.readIntBE(2, 3)} ${digest(picture(lengthPrefixed(body.subarray(5))))}`;
    }),
    audio: audio.map(({ timestampMs, body }) => {
      const isAac = body.readUInt8(0) >> 4 === 10;
      return `${timestampMs - start}+0 ${digest([body.subarray(isAac ? 2 : 1)])}`;
    }),
  };
}

/** Sequence headers, and the end of sequence that ffmpeg sends last. */
function isHeader(type: number, body: Buffer): boolean {
  if (type === flvTagType.video) return body.readUInt8(1) !== 1;
  return body.readUInt8(0) >> 4 === 10 && body.readUInt8(1) === 0;
}

function lengthPrefixed(bytes: Buffer): Buffer[] {
  const units: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) {
    units.push(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)));
  }
  return units;
}

/** Delimiters and parameter sets come and go with the container; the rest is the picture. */
function picture(units: readonly Buffer[]): Buffer[] {
  return units.filter((unit) => ![7, 8, 9].includes(unit.readUInt8(0) & 31));
}

function sound({ streamType, data }: CheckedPes): Buffer[] {
  return streamType === 0x0f ? adtsFrames(data).map((frame) => frame.subarray(7)) : [data];
}

function digest(parts: readonly Buffer[]): string {
  const hash = createHash('md5');
  for (const part of parts) hash.update(`${part.length} `).update(part);
  return `${parts.reduce((sum, part) => sum + part.length, 0)} ${hash.digest('hex')}`;
}
