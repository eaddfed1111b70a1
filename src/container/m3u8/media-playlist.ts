// A live media playlist: RFC 8216, with the lines, their order and their spelling as SRS writes them.

/** How a segment is encrypted. Segments that share a key share its values. */
export interface PlaylistKey {
  readonly uri: string;
  /** Initialisation vector, 32 upper-case hexadecimal digits. */
  readonly ivHex: string;
}

export interface PlaylistSegment {
  /** Media sequence number. In a playlist each one is its predecessor's plus 1. */
  readonly sequence: number;
  readonly durationMs: number;
  /** As players resolve it: relative to the playlist, or absolute. */
  readonly uri: string;
  /** The encoding or the timeline differs from the segment before. */
  readonly isDiscontinuity: boolean;
  readonly key: PlaylistKey | undefined;
  /** URI of the initialisation segment (fMP4). Never encrypted. */
  readonly map: string | undefined;
}

/**
 * The text of a playlist of at least one segment.
 * @param minTargetMs smallest target duration to announce, ms
 */
export function encodeMediaPlaylist(segments: readonly PlaylistSegment[], minTargetMs: number): string {
  const longestMs = Math.max(minTargetMs, ...segments.map((segment) => segment.durationMs));
  const version = segments.some(({ map }) => map !== undefined) ? 7 : 3;
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${version}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.sequence ?? 0}`,
    `#EXT-X-TARGETDURATION:${Math.ceil(longestMs / 1000)}`,
  ];
  let key: PlaylistKey | undefined;
  let map: string | undefined;
  for (const segment of segments) {
    if (segment.isDiscontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.map !== undefined && segment.map !== map) lines.push(`#EXT-X-MAP:URI="${segment.map}"`);
    map = segment.map;
    if (!isSameKey(segment.key, key)) lines.push(keyLine(segment.key));
    key = segment.key;
    lines.push(`#EXTINF:${(segment.durationMs / 1000).toFixed(3)}, no desc`, segment.uri);
  }
  return `${lines.join('\n')}\n`;
}

function isSameKey(a: PlaylistKey | undefined, b: PlaylistKey | undefined): boolean {
  return a?.uri === b?.uri && a?.ivHex === b?.ivHex;
}

function keyLine(key: PlaylistKey | undefined): string {
  if (key === undefined) return '#EXT-X-KEY:METHOD=NONE';
  return `#EXT-X-KEY:METHOD=AES-128,URI="${key.uri}",IV=0x${key.ivHex}`;
}

/**
 * Reads the segments of a playlist that `encodeMediaPlaylist` or SRS wrote; unknown tags are skipped. Undefined if
 * the text is no media playlist of that kind, or has no segment.
 */
export function parseMediaPlaylist(text: string): PlaylistSegment[] | undefined {
  const lines = text.split(/\r?\n/);
  if (lines[0] !== '#EXTM3U') return undefined;
  const sequenceText = tagValue(lines, '#EXT-X-MEDIA-SEQUENCE:');
  let sequence = Number(sequenceText ?? 'none');
  if (!Number.isSafeInteger(sequence) || sequence < 0) return undefined;
  const segments: PlaylistSegment[] = [];
  let isDiscontinuity = false;
  let key: PlaylistKey | undefined;
  let map: string | undefined;
  let durationMs: number | undefined;
  for (const line of lines) {
    if (line === '#EXT-X-DISCONTINUITY') isDiscontinuity = true;
    else if (line.startsWith('#EXT-X-KEY:')) key = parseKey(line);
    else if (line.startsWith('#EXT-X-MAP:')) map = /URI="([^"]*)"/.exec(line)?.[1];
    else if (line.startsWith('#EXTINF:')) durationMs = parseDuration(line);
    else if (line !== '' && !line.startsWith('#')) {
      if (durationMs === undefined) return undefined;
      segments.push({ sequence, durationMs, uri: line, isDiscontinuity, key, map });
      sequence++;
      isDiscontinuity = false;
      durationMs = undefined;
    }
  }
  return segments.length > 0 ? segments : undefined;
}

function tagValue(lines: readonly string[], tag: string): string | undefined {
  return lines.find((line) => line.startsWith(tag))?.slice(tag.length);
}

function parseKey(line: string): PlaylistKey | undefined {
  const match = /METHOD=AES-128,URI="([^"]*)",IV=0x([0-9A-Fa-f]{32})/.exec(line);
  return match === null ? undefined : { uri: String(match[1]), ivHex: String(match[2]).toUpperCase() };
}

function parseDuration(line: string): number | undefined {
  const seconds = Number.parseFloat(line.slice('#EXTINF:'.length));
  return Number.isFinite(seconds) && seconds >= 0 ? Math.round(seconds * 1000) : undefined;
}
