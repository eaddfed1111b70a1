// Media playlists as far as a viewer needs them. RFC 8216, 4.3.

export interface Segment {
  readonly sequence: number;
  readonly uri: string;
  readonly durationSec: number;
}

export type Playlist =
  | { readonly type: 'master'; readonly uri: string }
  | { readonly type: 'media'; readonly targetSec: number; readonly segments: readonly Segment[] };

export function parsePlaylist(text: string): Playlist {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  if (lines[0] !== '#EXTM3U') throw new Error('not a playlist: no #EXTM3U at its start');
  const variant = lines.findIndex((line) => line.startsWith('#EXT-X-STREAM-INF'));
  if (variant >= 0) return { type: 'master', uri: lines.slice(variant).find(isUri) ?? '' };
  return {
    type: 'media',
    targetSec: Number(tag(lines, '#EXT-X-TARGETDURATION') ?? 0),
    segments: segments(lines),
  };
}

function segments(lines: readonly string[]): Segment[] {
  const found: Segment[] = [];
  let sequence = Number(tag(lines, '#EXT-X-MEDIA-SEQUENCE') ?? 0);
  let durationSec = 0;
  for (const line of lines) {
    if (line.startsWith('#EXTINF:')) durationSec = Number.parseFloat(line.slice('#EXTINF:'.length));
    else if (isUri(line)) found.push({ sequence: sequence++, uri: line, durationSec });
  }
  return found;
}

function tag(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1);
}

function isUri(line: string): boolean {
  return line !== '' && !line.startsWith('#');
}
