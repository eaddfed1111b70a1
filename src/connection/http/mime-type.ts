// Content types of files, as SRS gives them.

const OCTETS = 'application/octet-stream';

const TYPES: Readonly<Record<string, string>> = {
  ts: 'video/MP2T',
  flv: 'video/x-flv',
  m4v: 'video/x-m4v',
  '3gpp': 'video/3gpp',
  '3gp': 'video/3gpp',
  mp4: 'video/mp4',
  mp4v: 'video/mp4',
  aac: 'audio/x-aac',
  mp3: 'audio/mpeg',
  m4a: 'audio/x-m4a',
  ogg: 'audio/ogg',
  m3u8: 'application/vnd.apple.mpegurl',
  rss: 'application/rss+xml',
  json: 'application/json',
  swf: 'application/x-shockwave-flash',
  doc: 'application/msword',
  zip: 'application/zip',
  rar: 'application/x-rar-compressed',
  xml: 'text/xml',
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  ico: 'image/x-icon',
  png: 'image/png',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  gif: 'image/gif',
  // SRS 5; SRS 4 says text/xml, which strict DASH players refuse.
  mpd: 'application/dash+xml',
  m4s: 'video/iso.segment',
  // Not in SRS: a browser does not render an octet stream.
  svg: 'image/svg+xml',
};

/** By the last extension of a path. */
export function mimeType(path: string): string {
  const dot = path.lastIndexOf('.');
  const extension = dot > path.lastIndexOf('/') ? path.slice(dot + 1).toLowerCase() : '';
  return TYPES[extension] ?? OCTETS;
}
