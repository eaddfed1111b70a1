// The response head of a live stream, and the CORS headers that SRS gives to browsers.

export interface LiveResponseOptions {
  readonly contentType: string;
  /** Value of the Server header. */
  readonly server: string;
  /** HTTP/1.1 gets chunks, HTTP/1.0 the bare stream until the close. */
  readonly isChunked: boolean;
  readonly hasCors: boolean;
}

/** Sent to requests with an Origin header while `crossdomain` is on: SRS's, and Authorization for http_api.auth. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Headers':
    'origin,range,accept-encoding,referer,Cache-Control,X-Proxy-Authorization,X-Requested-With,Content-Type,Authorization',
  'Access-Control-Allow-Methods': 'GET, POST, HEAD, PUT, DELETE, OPTIONS',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Server,range,Content-Length,Content-Range',
};

/** By what they are made of; there are a dozen, and each viewer refers to one as long as it stays. */
const heads = new Map<string, Buffer>();

/** Status line and headers up to the empty line, in SRS's (alphabetical) order. Shared: read, never write. */
export function encodeLiveHead(options: LiveResponseOptions): Buffer {
  const { contentType, server, isChunked, hasCors } = options;
  const key = `${contentType} ${server} ${isChunked} ${hasCors}`;
  let head = heads.get(key);
  if (head === undefined) {
    head = makeLiveHead(options);
    heads.set(key, head);
  }
  return head;
}

function makeLiveHead({ contentType, server, isChunked, hasCors }: LiveResponseOptions): Buffer {
  const lines = ['HTTP/1.1 200 OK'];
  if (hasCors) for (const [name, value] of Object.entries(CORS_HEADERS)) lines.push(`${name}: ${value}`);
  lines.push(
    `Connection: ${isChunked ? 'Keep-Alive' : 'close'}`,
    `Content-Type: ${contentType}`,
    `Server: ${server}`,
  );
  if (isChunked) lines.push('Transfer-Encoding: chunked');
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
