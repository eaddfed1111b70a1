// URLs of streams, and the ways to play one.

/** In the order in which the page offers them. */
export const FORMATS = [
  { key: 'flv', label: 'HTTP-FLV', extension: 'flv', isWebSocket: false },
  { key: 'ws', label: 'WebSocket-FLV', extension: 'flv', isWebSocket: true },
  { key: 'hls', label: 'HLS', extension: 'm3u8', isWebSocket: false },
];

export const DEFAULT_PATH = '/live/livestream.flv';

/**
 * The stream that the page's own URL names: a whole URL behind the `#`, or the parameters of SRS's player:
 * vhost, app, stream (with extension), server, port, schema.
 */
export function addressOf(pageUrl) {
  const { hash, searchParams: query, protocol, hostname, host } = new URL(pageUrl);
  const named = decodeURIComponent(hash.slice(1));
  if (/^(https?|wss?):\/\//.test(named)) return named;
  if (!query.has('stream')) return `${protocol}//${host}${DEFAULT_PATH}`;
  const schema = (query.get('schema') ?? protocol).replace(/:.*$/, '');
  const server = query.get('server') || hostname;
  const port = query.get('port') || (server === hostname ? host.slice(hostname.length + 1) : '');
  const stream = query.get('stream');
  const file = /\.(flv|m3u8)$/.test(stream.split('?')[0]) ? stream : `${stream}.flv`;
  const web = /^(https?|wss?)$/.test(schema) ? schema : protocol.replace(':', '');
  const url = new URL(`${web}://${server}${port ? `:${port}` : ''}/${query.get('app') ?? 'live'}/${file}`);
  const vhost = query.get('vhost') ?? '';
  if (vhost !== '' && vhost !== '__defaultVhost__' && vhost !== server) url.searchParams.set('vhost', vhost);
  return url.href;
}

export function formatOf(url) {
  if (/^wss?:/.test(url)) return 'ws';
  return new URL(url).pathname.endsWith('.m3u8') ? 'hls' : 'flv';
}

/** The same stream in another format. */
export function inFormat(url, key) {
  const { extension, isWebSocket } = FORMATS.find((format) => format.key === key);
  const other = new URL(url.replace(/^ws/, 'http'));
  other.pathname = other.pathname.replace(/\.(flv|m3u8)$/, `.${extension}`);
  return isWebSocket ? other.href.replace(/^http/, 'ws') : other.href;
}
