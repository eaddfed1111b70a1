// Reads one HTTP response after the other on a connection: status, headers, and the body as slices of what
// was read, with chunked framing taken away. RFC 9112.

const MAX_HEADER_BYTES = 16 * 1024;

export interface HttpHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface HttpHandler {
  onHead(head: HttpHead): void;
  onBody(data: Buffer, start: number, end: number): void;
  onEnd(): void;
}

type State = 'head' | 'size' | 'chunk' | 'chunk-end' | 'trailer' | 'length' | 'until-close';

export class HttpReader {
  private readonly handler: HttpHandler;
  private state: State = 'head';
  /** The header block, chunk-size line or trailer line collected so far. */
  private text = '';
  private leftBytes = 0;

  constructor(handler: HttpHandler) {
    this.handler = handler;
  }

  feed(data: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) at = this.step(data, at, end);
  }

  private step(data: Buffer, at: number, end: number): number {
    switch (this.state) {
      case 'head':
        return this.readHead(data, at, end);
      case 'until-close':
        this.handler.onBody(data, at, end);
        return end;
      case 'length':
      case 'chunk':
        return this.readBody(data, at, end);
      default:
        return this.readLine(data, at, end);
    }
  }

  private readHead(data: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      this.text += String.fromCharCode(data[at++]!);
      if (this.text.endsWith('\r\n\r\n')) {
        this.startBody(parseHead(this.text));
        return at;
      }
      if (this.text.length > MAX_HEADER_BYTES) throw new Error('HTTP header block is too long');
    }
    return at;
  }

  private startBody(head: HttpHead): void {
    this.text = '';
    const length = head.headers.get('content-length');
    this.leftBytes = Number(length ?? 0);
    if (head.status === 101) this.state = 'until-close';
    else if (head.headers.get('transfer-encoding')?.includes('chunked')) this.state = 'size';
    else this.state = length === undefined ? 'until-close' : 'length';
    this.handler.onHead(head);
    if (this.state === 'length' && this.leftBytes === 0) this.endResponse();
  }

  private readBody(data: Buffer, at: number, end: number): number {
    const taken = Math.min(this.leftBytes, end - at);
    this.leftBytes -= taken;
    this.handler.onBody(data, at, at + taken);
    if (this.leftBytes === 0) {
      if (this.state === 'length') this.endResponse();
      else this.state = 'chunk-end';
    }
    return at + taken;
  }

  private readLine(data: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const byte = data[at++]!;
      if (byte === 0x0a) {
        this.endLine();
        return at;
      }
      if (byte !== 0x0d) this.text += String.fromCharCode(byte);
      if (this.text.length > MAX_HEADER_BYTES) throw new Error('HTTP chunk line is too long');
    }
    return at;
  }

  private endLine(): void {
    const line = this.text;
    this.text = '';
    if (this.state === 'chunk-end') {
      if (line !== '') throw new Error('HTTP chunk does not end with an empty line');
      this.state = 'size';
    } else if (this.state === 'trailer') {
      if (line === '') this.endResponse();
    } else {
      this.startChunk(line);
    }
  }

  private startChunk(line: string): void {
    if (!/^[0-9a-f]+\s*(;.*)?$/i.test(line)) throw new Error(`not an HTTP chunk size: ${line.slice(0, 40)}`);
    this.leftBytes = Number.parseInt(line, 16);
    this.state = this.leftBytes === 0 ? 'trailer' : 'chunk';
  }

  private endResponse(): void {
    this.state = 'head';
    this.handler.onEnd();
  }
}

function parseHead(text: string): HttpHead {
  const [first = '', ...lines] = text.trimEnd().split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
  if (status === undefined) throw new Error(`not an HTTP answer: ${first.slice(0, 60)}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0)
      headers.set(
        line.slice(0, colon).toLowerCase(),
        line
          .slice(colon + 1)
          .trim()
          .toLowerCase(),
      );
  }
  return { status: Number(status), headers };
}
