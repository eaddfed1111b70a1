// Viewers: ffprobe on RTMP through a tap, because an RTMP player waits for ever when its publisher leaves, and
// a plain HTTP client that keeps every byte of a live FLV response.

import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { type Flv, type FlvTag, parseFlv } from './flv.ts';
import { uniqueName } from './names.ts';
import { type Probe, Prober } from './packets.ts';
import type { TestServer } from './server.ts';
import { Tap } from './tap.ts';
import { PATIENCE_MS, waitFor } from './wait-for.ts';

export class RtmpViewer {
  readonly tap: Tap;
  readonly #prober: Prober;

  private constructor(tap: Tap, prober: Prober) {
    this.tap = tap;
    this.#prober = prober;
  }

  /** Resolves when the server has said that playing starts, which it says whether somebody publishes or not. */
  static async start(target: { readonly port: number }, stream: string, app = 'live'): Promise<RtmpViewer> {
    const tap = await Tap.open(target.port);
    const viewer = new RtmpViewer(tap, new Prober(`rtmp://127.0.0.1:${tap.port}/${app}/${stream}`));
    await tap.waitForText('NetStream.Play.Start');
    return viewer;
  }

  /** Everything it got, once the server has become quiet. */
  async finish(): Promise<Probe> {
    await this.tap.closeWhenQuiet();
    return this.#prober.result();
  }

  async destroy(): Promise<void> {
    await this.tap.close();
    await this.#prober.child.destroy();
  }
}

/** A URL that no other viewer uses: its line in the log says that the server has got this very request. */
async function requestedUrl<T>(server: TestServer, url: string, request: (url: string) => T): Promise<T> {
  const mark = uniqueName('viewer');
  const requested = request(`${url}?viewer=${mark}`);
  await server.waitForLog(new RegExp(`GET \\S*\\?viewer=${mark}`));
  return requested;
}

/** An ffprobe on a live FLV response; it ends when the response ends. */
export function flvProber(server: TestServer, stream: string, app = 'live'): Promise<Prober> {
  return requestedUrl(server, server.flvUrl(stream, app), (url) => new Prober(url));
}

/** `end` is a body that HTTP says is complete, `cut` one that stops without its last chunk. */
export type BodyEnd = 'open' | 'end' | 'cut';

export class FlvViewer {
  readonly #request: ClientRequest;
  readonly #parts: Buffer[] = [];
  response: IncomingMessage | undefined;
  bodyEnd: BodyEnd = 'open';
  error: Error | undefined;

  /** Resolves when the server has the request, whether it can answer already or not. */
  static start(server: TestServer, stream: string, app = 'live'): Promise<FlvViewer> {
    return requestedUrl(server, server.flvUrl(stream, app), (url) => new FlvViewer(url));
  }

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#request = get(url, { headers, agent: false }, (response) => {
      this.response = response;
      response.on('data', (bytes: Buffer) => this.#parts.push(bytes));
      response.once('end', () => {
        this.bodyEnd = 'end';
      });
      response.once('error', () => {
        this.bodyEnd = 'cut';
      });
    });
    this.#request.on('error', (error) => {
      this.error = error;
      if (this.bodyEnd === 'open') this.bodyEnd = 'cut';
    });
  }

  /** Cheap, for polling while much arrives. */
  get byteCount(): number {
    return this.#parts.reduce((sum, part) => sum + part.length, 0);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** What has arrived so far; throws if it is not FLV. */
  get flv(): Flv {
    return parseFlv(this.bytes);
  }

  get tags(): readonly FlvTag[] {
    return this.bytes.length < 13 ? [] : this.flv.tags;
  }

  async waitForTags(count: number, timeoutMs = PATIENCE_MS): Promise<void> {
    await waitFor(
      () => `${count} tags, got ${this.tags.length}`,
      () => this.tags.length >= count,
      { timeoutMs },
    );
  }

  /** Waits for the end of the response, whichever it is. */
  async waitForEnd(timeoutMs = PATIENCE_MS): Promise<BodyEnd> {
    await waitFor('the response to end', () => this.bodyEnd !== 'open', { timeoutMs });
    return this.bodyEnd;
  }

  destroy(): void {
    this.#request.destroy();
  }
}
