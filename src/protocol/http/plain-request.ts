// The requests that players send thousands of times: GET, HTTP/1.1, no body, nothing special. Recognising them takes
// one look; whatever is not exactly that is left to a complete HTTP parser.

/** Lower-case names; none comes twice. */
export type PlainHeaders = Readonly<Record<string, string>>;

export interface PlainRequest {
  /** Path and query as they came, `/live/x.m3u8?a=b`. */
  readonly url: string;
  /** The field lines as they came. */
  readonly fields: string;
  readonly headers: PlainHeaders;
  readonly wantsClose: boolean;
  /** Bytes of the head, the empty line included: the next request may follow. */
  readonly sizeBytes: number;
}

/** Larger heads are for the complete parser and its limits. */
const MAX_HEAD_BYTES = 8192;
const END_OF_HEAD = '\r\n\r\n';
/** RFC 9112, 2.2 and 3: a request line in origin form. */
const REQUEST_LINE = /^GET (\/[\x21-\x7e]*) HTTP\/1\.1\r\n/;
/** RFC 9112, 5: field lines of token, colon and visible text. */
const FIELDS = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)+$/;
/** Fields that mean a body, another protocol, or more care than is taken here. */
const SPECIAL = new Set([
  'content-length',
  'expect',
  'if-match',
  'if-range',
  'if-unmodified-since',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The request that `bytes` begin with.
 * @param previous of the same client: it sends the same field lines again and again
 * @returns undefined if it is not complete, or anything else than plain
 */
export function parsePlainRequest(bytes: Buffer, previous?: PlainRequest): PlainRequest | undefined {
  const end = bytes.indexOf(END_OF_HEAD);
  const sizeBytes = end + END_OF_HEAD.length;
  if (end < 0 || sizeBytes > MAX_HEAD_BYTES) return undefined;
  const head = bytes.toString('latin1', 0, sizeBytes - 2);
  const [line, url] = REQUEST_LINE.exec(head) ?? [];
  if (line === undefined || url === undefined) return undefined;
  const fields = head.slice(line.length);
  if (previous !== undefined && fields === previous.fields) {
    return { url, fields, headers: previous.headers, wantsClose: previous.wantsClose, sizeBytes };
  }
  const headers = parseFields(fields);
  if (headers?.host === undefined || headers.host === '') return undefined;
  const connection = headers.connection?.toLowerCase() ?? 'keep-alive';
  if (connection !== 'keep-alive' && connection !== 'close') return undefined;
  return { url, fields, headers, wantsClose: connection === 'close', sizeBytes };
}

/** Undefined if one of them is special, or comes twice. */
function parseFields(lines: string): PlainHeaders | undefined {
  if (!FIELDS.test(lines)) return undefined;
  const headers: Record<string, string> = Object.create(null);
  for (let at = 0; at < lines.length; ) {
    const colon = lines.indexOf(':', at);
    const end = lines.indexOf('\r\n', colon);
    const name = lines.slice(at, colon).toLowerCase();
    if (SPECIAL.has(name) || headers[name] !== undefined) return undefined;
    headers[name] = lines.slice(colon + 1, end).trim();
    at = end + 2;
  }
  return headers;
}
