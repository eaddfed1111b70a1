// A stream from another server over HTTP-FLV, plain or over TLS. To its owner it is a client like one of RTMP: it is
// asked, it has media, it ends.

import { type ClientRequest, get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { FlvDemuxer, FlvFormatError } from '../../container/flv/flv-demuxer.ts';
import { ProtocolError } from '../../protocol/error.ts';
import { ClientError, type ClientErrorKind, connectTimedOut, silent, socketFailed } from './client-error.ts';
import { type Endpoint, endpointText } from './endpoint.ts';
import type { ClientEnd, ClientStage, RtmpClientEvents, UpstreamClient } from './rtmp-client.ts';

export interface HttpFlvClientOptions {
  readonly isTls: boolean;
  /** Where to connect. */
  readonly endpoint: Endpoint;
  /** For the Host header: names the vhost. */
  readonly host: string;
  /** With the query. */
  readonly path: string;
  readonly userAgent: string;
  /** Further ones. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long the connection may take, TLS included, ms. */
  readonly connectTimeoutMs: number;
  /** Close after so long without a byte, ms. */
  readonly silenceTimeoutMs: number;
  readonly lookup: LookupFunction;
  /** The server has answered; `location` is '' unless it sends the client elsewhere. */
  readonly onAnswer: (status: number, location: string) => void;
}

/** Connects at once and reports in later turns of the event loop. */
export type DialHttpFlv = (options: HttpFlvClientOptions, events: RtmpClientEvents) => UpstreamClient;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export class HttpFlvClient implements UpstreamClient {
  readonly pendingBytes = 0;
  readonly answeredPings = 0;
  readonly #options: HttpFlvClientOptions;
  readonly #events: RtmpClientEvents;
  readonly #request: ClientRequest;
  readonly #connectTimer: NodeJS.Timeout;
  #socket: Socket | undefined;
  #stage: ClientStage = 'connecting';

  constructor(options: HttpFlvClientOptions, events: RtmpClientEvents) {
    this.#options = options;
    this.#events = events;
    const { isTls, endpoint, host, path, userAgent, headers, lookup, connectTimeoutMs } = options;
    const get = isTls ? httpsGet : httpGet;
    this.#request = get({
      host: endpoint.host,
      port: endpoint.port,
      path,
      lookup,
      agent: false,
      headers: { Host: host, 'User-Agent': userAgent, Accept: '*/*', ...headers },
      // Origins have certificates of their own making, and addresses that no certificate names (as SRS).
      rejectUnauthorized: false,
    });
    this.#connectTimer = setTimeout(() => this.#failed(connectTimedOut(options)), connectTimeoutMs);
    this.#request.once('socket', (socket) => this.#watch(socket));
    this.#request.once('response', (response) => this.#answered(response));
    this.#request.on('error', (error: NodeJS.ErrnoException) => {
      this.#failed(socketFailed(error, this.#stage === 'connecting', options));
    });
  }

  get stage(): ClientStage {
    return this.#stage;
  }

  get receivedBytes(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  get sentBytes(): number {
    return this.#socket?.bytesWritten ?? 0;
  }

  /** HTTP-FLV is for players alone. */
  sendMedia(): void {}

  /** HTTP has no pings. */
  ping(): void {}

  close(): void {
    if (this.#stage === 'ended') return;
    this.#stage = 'ended';
    this.#shutDown();
  }

  #watch(socket: Socket): void {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.once(this.#options.isTls ? 'secureConnect' : 'connect', () => this.#connected(socket));
  }

  /** The request is on its way: the stream decides from here on how long is too long. */
  #connected(socket: Socket): void {
    if (this.#stage !== 'connecting') return;
    this.#stage = 'asked';
    clearTimeout(this.#connectTimer);
    const { silenceTimeoutMs } = this.#options;
    socket.setTimeout(silenceTimeoutMs, () => this.#failed(silent(silenceTimeoutMs)));
    this.#events.asked();
  }

  #answered(response: IncomingMessage): void {
    const { statusCode: status = 0, headers } = response;
    const location = headers.location ?? '';
    this.#options.onAnswer(status, location);
    if (REDIRECTS.includes(status) && location !== '') {
      this.#redirected(location);
    } else if (status !== 200) {
      const { endpoint, path } = this.#options;
      this.#fail('refused', `Connect to http://${endpointText(endpoint)}${path}, status=${status}`);
    } else {
      this.#read(response);
    }
  }

  #redirected(location: string): void {
    const { isTls, host, path } = this.#options;
    const here = `${isTls ? 'https' : 'http'}://${host}${path}`;
    if (!URL.canParse(location, here)) {
      this.#fail('refused', `redirected to ${location}, which is no URL`);
      return;
    }
    const url = new URL(location, here).href;
    this.#end({ type: 'redirected', target: { tcUrl: url, url } });
  }

  #read(response: IncomingMessage): void {
    const demuxer = new FlvDemuxer({
      header: () => {},
      tag: (typeId, timestamp, payload) => this.#media({ typeId, timestamp, payload }),
    });
    response.on('data', (bytes: Buffer) => this.#demux(demuxer, bytes));
    response.once('error', (error) => this.#fail('closed', `recv message : ${error.message}`));
    response.once('end', () => this.#fail('closed', 'recv message : the server ended the response'));
  }

  #demux(demuxer: FlvDemuxer, bytes: Buffer): void {
    if (this.#stage === 'ended') return;
    try {
      demuxer.push(bytes);
    } catch (error) {
      if (error instanceof ProtocolError) this.#failed(new ClientError(error.code, error.message));
      else if (error instanceof FlvFormatError) this.#fail('closed', `recv message : ${error.message}`);
      else throw error;
    }
  }

  #media(message: Parameters<RtmpClientEvents['media']>[0]): void {
    if (this.#stage === 'ended') return;
    if (this.#stage === 'asked') {
      this.#stage = 'started';
      this.#events.started();
    }
    this.#events.media(message);
  }

  #fail(kind: ClientErrorKind, text: string): void {
    this.#failed(ClientError.of(kind, text));
  }

  #failed(error: ClientError): void {
    this.#end({ type: 'failed', error, wasConnected: this.#stage !== 'connecting' });
  }

  #end(end: ClientEnd): void {
    if (this.#stage === 'ended') return;
    this.#stage = 'ended';
    this.#shutDown();
    this.#events.ended(end);
  }

  #shutDown(): void {
    clearTimeout(this.#connectTimer);
    this.#request.destroy();
  }
}
