// One try to get a stream from one origin, with the redirects that it leads to. It gets ready on its own; what it
// carries goes on only when the pull adopts it.

import type { MediaMessage, SegmentMark } from '../../media/message.ts';
import { parseSegmentMark } from '../../media/segment-mark.ts';
import type { RtmpPeerIdentity, RtmpStatus } from '../../protocol/rtmp/client-handler.ts';
import { MESSAGE_TYPE } from '../../protocol/rtmp/message/message-type.ts';
import type { RtmpMediaMessage } from '../../protocol/rtmp/server-handler.ts';
import type { RedirectTarget } from '../../protocol/rtmp/server-replies.ts';
import { discoverUrl, type RtmpUrl } from '../../protocol/rtmp/url.ts';
import { MARK_HEADER, type MarkRequest, markArguments, markHeader } from '../../stream/mark-request.ts';
import type { StreamId } from '../../stream/stream-id.ts';
import { type MediaSink, TagIntake } from '../../stream/tag-intake.ts';
import { ClientError } from '../client/client-error.ts';
import { type Endpoint, endpointText } from '../client/endpoint.ts';
import { CLIENT_PROPERTIES, connectedLine, identityArguments } from '../client/identity.ts';
import type { ClientEnd, ClientStage, UpstreamClient } from '../client/rtmp-client.ts';
import { type UpstreamUrl, upstreamUrl } from '../client/upstream-url.ts';
import { DEFAULT_PORT, type EdgeEnvironment, type EdgeOptions, type EdgeProtocol } from './edge-options.ts';
import type { Candidate } from './origin-round.ts';

export interface UpstreamOwner {
  /** Which segments the origin is to say the beginnings of. */
  readonly markRequest: MarkRequest;
  /** The stream was asked for: the origin may send it, or wait for it itself. */
  asked(upstream: Upstream): void;
  /** A frame came, and nobody has adopted the upstream yet. If it is adopted within the call, the frame goes on. */
  offered(upstream: Upstream, message: MediaMessage): void;
  statusReceived(upstream: Upstream, status: RtmpStatus): void;
  /** Called once, unless it is closed before. */
  ended(upstream: Upstream, error: ClientError): void;
}

export const CONNECT_TIMEOUT_MS = 5000;
export const SETUP_TIMEOUT_MS = 5000;
/** An origin without the stream may wait for it as long as it likes, but not for ever: it could be dead, ms. */
const SILENCE_TIMEOUT_MS = 30_000;
/** SRS follows without end. */
const MAX_REDIRECTS = 3;

export class Upstream implements MediaSink {
  readonly candidate: Candidate;
  readonly startMs: number;
  readonly #id: StreamId;
  readonly #url: RtmpUrl;
  readonly #options: EdgeOptions;
  readonly #env: EdgeEnvironment;
  readonly #owner: UpstreamOwner;
  readonly #intake: TagIntake;
  /** Where it is connected now, after redirects: as named, and the address. */
  #origin: Endpoint;
  #address: Endpoint;
  #client: UpstreamClient;
  #redirects = 0;
  #redirectedPath: string | undefined;
  #askedMs: number | undefined;
  #lastMediaMs = 0;
  #sink: MediaSink | undefined;
  /** What came before the first frame, until it is adopted. */
  #metadata: Buffer | undefined;
  #headers: MediaMessage[] = [];
  /** Of the next frame. */
  #mark: SegmentMark | undefined;
  #countedReceived = 0;
  #countedSent = 0;
  #isClosed = false;

  /** @param url what the latest viewer asked for */
  constructor(
    id: StreamId,
    url: RtmpUrl,
    candidate: Candidate,
    options: EdgeOptions,
    env: EdgeEnvironment,
    owner: UpstreamOwner,
  ) {
    this.candidate = candidate;
    this.startMs = env.now();
    this.#id = id;
    this.#url = url;
    this.#options = options;
    this.#env = env;
    this.#owner = owner;
    this.#intake = new TagIntake(this, env.identity, env.log);
    this.#origin = candidate.origin;
    this.#address = candidate.address;
    this.#client = this.#dial();
  }

  /** The address that it is connected to. */
  get key(): string {
    return endpointText(this.#address);
  }

  get protocol(): EdgeProtocol {
    return this.#options.protocol;
  }

  get stage(): ClientStage {
    return this.#client.stage;
  }

  /** When the origin was asked for the stream, undefined before. */
  get askedMs(): number | undefined {
    return this.#askedMs;
  }

  /** When the last frame came. */
  get lastMediaMs(): number {
    return this.#lastMediaMs;
  }

  /** Bytes from and to the origin since the last call. */
  takeNewBytes(): { readonly received: number; readonly sent: number } {
    const { receivedBytes, sentBytes } = this.#client;
    const received = receivedBytes - this.#countedReceived;
    const sent = sentBytes - this.#countedSent;
    this.#countedReceived = receivedBytes;
    this.#countedSent = sentBytes;
    return { received, sent };
  }

  /** From now on everything goes to `sink`, first what has come already. */
  adopt(sink: MediaSink): void {
    this.#sink = sink;
    if (this.#metadata !== undefined) sink.metadata(this.#metadata);
    for (const header of this.#headers.splice(0)) sink.message(header);
    this.#metadata = undefined;
  }

  /** May be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#intake.close();
    this.#client.close();
  }

  // --- MediaSink, behind the intake

  metadata(body: Buffer): void {
    if (this.#sink === undefined) this.#metadata = body;
    else this.#sink.metadata(body);
  }

  message(taken: MediaMessage): void {
    this.#lastMediaMs = this.#env.now();
    const message = this.#marked(taken);
    if (this.#sink === undefined && message.isSequenceHeader) {
      const others = this.#headers.filter(({ track }) => track !== message.track);
      this.#headers = [...others, { ...message, payload: Buffer.from(message.payload) }];
      return;
    }
    if (this.#sink === undefined) this.#owner.offered(this, message);
    this.#sink?.message(message);
  }

  // --- inside

  #marked(message: MediaMessage): MediaMessage {
    const mark = this.#mark;
    if (mark === undefined || message.isSequenceHeader) return message;
    this.#mark = undefined;
    return { ...message, mark };
  }

  #dial(): UpstreamClient {
    return this.#options.protocol === 'rtmp' ? this.#dialRtmp() : this.#dialHttpFlv();
  }

  #dialRtmp(): UpstreamClient {
    const { dial, resolver, identity, serverIp, log } = this.#env;
    const { hasIdentity, chunkSize } = this.#options;
    const url = this.#upstreamUrl();
    return dial(
      {
        endpoint: this.#address,
        session: {
          role: 'play',
          ...url,
          chunkSize,
          properties: CLIENT_PROPERTIES,
          ...(hasIdentity
            ? {
                args: identityArguments(
                  identity,
                  log.connectionId,
                  serverIp,
                  markArguments(this.#owner.markRequest),
                ),
              }
            : {}),
        },
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        setupTimeoutMs: SETUP_TIMEOUT_MS,
        silenceTimeoutMs: SILENCE_TIMEOUT_MS,
        lookup: resolver.lookup,
      },
      {
        connected: (peer) => this.#connected(peer),
        asked: () => this.#asked('rtmp', url.stream),
        started: () => {},
        media: (message) => this.#media(message),
        statusReceived: (status) => {
          if (!this.#isClosed) this.#owner.statusReceived(this, status);
        },
        notice: (text) => log.info(text),
        ended: (end) => this.#ended(end),
      },
    );
  }

  #dialHttpFlv(): UpstreamClient {
    const { dialHttpFlv, resolver, identity, log } = this.#env;
    const isTls = this.#options.protocol === 'flvs';
    const { tcUrl, app, stream } = this.#upstreamUrl();
    const [name, query] = stream.split(/(?=\?)/, 2);
    const path = this.#redirectedPath ?? `/${app}/${name}.flv${query ?? ''}`;
    const host = this.#redirectedPath === undefined ? discoverUrl(tcUrl).host : this.#origin.host;
    return dialHttpFlv(
      {
        isTls,
        endpoint: this.#address,
        host: hostHeader({ host, port: this.#origin.port }, DEFAULT_PORT[isTls ? 'flvs' : 'flv']),
        path,
        userAgent: `${identity.name}/${identity.version}`,
        headers: this.#options.hasIdentity ? { [MARK_HEADER]: markHeader(this.#owner.markRequest) } : {},
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        silenceTimeoutMs: SILENCE_TIMEOUT_MS,
        lookup: resolver.lookup,
        onAnswer: (status, location) => {
          const url = `${isTls ? 'https' : 'http'}://${endpointText(this.#origin)}${path}`;
          const result = status === 200 ? 'ok' : 'failed';
          log.trace(`Edge: Connect to ${url} ${result}, status=${status}, location=${location}`);
        },
      },
      {
        connected: () => {},
        asked: () => {
          this.#env.health.reached(this.key);
          this.#asked('http', stream);
        },
        started: () => {},
        media: (message) => this.#media(message),
        statusReceived: () => {},
        notice: () => {},
        ended: (end) => this.#ended(end),
      },
    );
  }

  #upstreamUrl(): UpstreamUrl {
    return upstreamUrl({
      url: this.#url,
      vhost: this.#id.vhost,
      vhostTemplate: this.#options.vhostTemplate,
      endpoint: this.#origin,
    });
  }

  #connected(peer: RtmpPeerIdentity): void {
    this.#env.health.reached(this.key);
    this.#env.log.trace(connectedLine(peer, this.#options.hasIdentity));
  }

  #asked(schema: string, stream: string): void {
    this.#askedMs = this.#env.now();
    const asked = `${schema}://${endpointText(this.#origin)}/${this.#url.app}/${stream}`;
    this.#env.log.trace(`edge-pull publish url ${asked}, stream=${stream} as ${stream}`);
    this.#owner.asked(this);
  }

  #media(message: RtmpMediaMessage): void {
    if (this.#isClosed) return;
    const mark = message.typeId === MESSAGE_TYPE.data ? parseSegmentMark(message.payload) : undefined;
    if (mark === undefined) this.#intake.take(message);
    else this.#mark = mark;
  }

  #ended(end: ClientEnd): void {
    if (this.#isClosed) return;
    if (end.type === 'redirected') {
      this.#redirected(end.target);
      return;
    }
    if (this.#askedMs === undefined && end.type === 'failed') this.#env.health.failed(this.key);
    this.#finish(this.#described(end.error));
  }

  #described(error: ClientError): ClientError {
    if (this.#askedMs !== undefined) return error;
    const url = `rtmp://${endpointText(this.#origin)}/${this.#id.app}/${this.#id.stream}`;
    const text = `connect upstream : edge pull ${url} failed, cto=${CONNECT_TIMEOUT_MS}ms, sto=${SETUP_TIMEOUT_MS}ms. : connect : ${error.message}`;
    return new ClientError(error.code, text, { cause: error.cause });
  }

  /** Only host and port are taken from the target: the stream keeps the name that it was asked for by. */
  #redirected({ url }: RedirectTarget): void {
    const { app, stream } = this.#id;
    this.#env.log.warn(`RTMP redirect /${app}/${stream} from ${endpointText(this.#origin)} to ${url}`);
    this.#redirects++;
    if (this.#redirects > MAX_REDIRECTS) {
      this.#finish(ClientError.of('redirects', `redirected more than ${MAX_REDIRECTS} times`));
      return;
    }
    this.#origin = this.#options.protocol === 'rtmp' ? endpointOf(url) : this.#httpTarget(url);
    this.#address = this.#origin;
    this.#askedMs = undefined;
    this.#countedReceived = 0;
    this.#countedSent = 0;
    this.#client = this.#dial();
  }

  /** HTTP takes all of the target: path and parameters, too, as SRS does it. */
  #httpTarget(location: string): Endpoint {
    const { protocol, hostname, port, pathname, search } = new URL(location);
    this.#redirectedPath = `${pathname}${search}`;
    const defaultPort = protocol === 'https:' ? DEFAULT_PORT.flvs : DEFAULT_PORT.flv;
    return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) || defaultPort };
  }

  #finish(error: ClientError): void {
    if (this.#isClosed) return;
    this.close();
    this.#owner.ended(this, error);
  }
}

function endpointOf(url: string): Endpoint {
  const { host, port } = discoverUrl(url);
  return { host, port };
}

/** The port is left out where it goes without saying. */
function hostHeader(endpoint: Endpoint, defaultPort: number): string {
  const text = endpointText(endpoint);
  return endpoint.port === defaultPort ? text.slice(0, text.lastIndexOf(':')) : text;
}
