// What an earlier run, or another server with the same shared folder, left of a stream: the playlist on disk. The
// new segments continue its numbers, and it stays listed as long as a viewer may still be in it.

import { parseMediaPlaylist } from '../../container/m3u8/media-playlist.ts';
import { fileExists, readSmallFile } from '../disk/disk-files.ts';
import type { HlsNames } from './hls-names.ts';
import type { ListedSegment } from './playlist-window.ts';

export interface FoundPlaylist {
  /** Segments whose files are there, without a gap up to the last one. */
  readonly segments: readonly ListedSegment[];
  readonly nextSequence: number;
  /** Nobody can be watching any more: the segments are not to be listed again. */
  readonly isOld: boolean;
}

/** A playlist of a day with segments of 2 s has 2 MB; whatever is larger is none of ours. */
const MAX_PLAYLIST_BYTES = 8 * 1024 * 1024;
/** A playlist that has not changed for so many windows is history. */
const OLD_WINDOWS = 2;
const MIN_OLD_MS = 60_000;

/**
 * Reads the playlist of a stream. Undefined if there is none, or it is none of ours.
 * @param nowMs wall clock
 */
export async function findPlaylist(
  names: HlsNames,
  windowMs: number,
  nowMs: number,
): Promise<FoundPlaylist | undefined> {
  const file = await readSmallFile(names.playlistPath, MAX_PLAYLIST_BYTES);
  const parsed = file && parseMediaPlaylist(file.text);
  const last = parsed?.at(-1);
  if (file === undefined || parsed === undefined || last === undefined) return undefined;
  const isOld = nowMs - file.modifiedMs > Math.max(MIN_OLD_MS, OLD_WINDOWS * windowMs);
  const listed = parsed.map((segment) => ({ ...segment, path: names.pathOfUri(segment.uri) }));
  return { segments: await existing(listed), nextSequence: last.sequence + 1, isOld };
}

/** The segments behind the last one whose file is missing. */
export async function existing(segments: readonly ListedSegment[]): Promise<ListedSegment[]> {
  let from = segments.length;
  while (from > 0) {
    const { path } = segments[from - 1]!;
    if (path === undefined || !(await fileExists(path))) break;
    from--;
  }
  return segments.slice(from);
}
