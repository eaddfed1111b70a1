// Playlists with a session in them: the master playlist that starts one, and the media playlist whose segments name it.

import { rawPath } from '../request-path.ts';

/**
 * What the first request for a playlist gets, as SRS has it (spec http-delivery 3.8).
 * @param path of the request, as it came
 * @param query other parameters of the request, `a=1&b=2`, may be ''
 */
export function masterPlaylist(path: string, session: string, query: string): string {
  const more = query === '' ? '' : `&${query}`;
  return `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1\n${path}?hls_ctx=${session}${more}\n`;
}

/** Pieces of playlists with the places between them where sessions go; a playlist stays the same for many viewers. */
const pieces = new WeakMap<Buffer, readonly string[]>();

/** A media playlist in which each segment of this server names the session. */
export function sessionPlaylist(playlist: Buffer, session: string): string {
  let found = pieces.get(playlist);
  if (found === undefined) {
    found = split(playlist.toString('utf8'));
    pieces.set(playlist, found);
  }
  return found.join(`hls_ctx=${session}`);
}

/** Splits behind the `?` of each segment. What lies at other servers is left alone: they know no sessions. */
function split(text: string): readonly string[] {
  const found: string[] = [];
  let piece = '';
  for (const line of text.split(/(?<=\n)/)) {
    const uri = line.trimEnd();
    if (uri === '' || uri.startsWith('#') || /^[a-z][a-z0-9+.-]*:|^\/\//i.test(uri)) {
      piece += line;
      continue;
    }
    const query = uri.indexOf('?');
    found.push(`${piece}${query < 0 ? uri : uri.slice(0, query)}?`);
    piece = `${query < 0 ? '' : `&${uri.slice(query + 1)}`}${line.slice(uri.length)}`;
  }
  return [...found, piece];
}

/** The query of a URL without the session. */
export function otherQuery(url: string): string {
  const parts = url.slice(rawPath(url).length + 1).split('&');
  return parts.filter((part) => part !== '' && !part.startsWith('hls_ctx=')).join('&');
}
