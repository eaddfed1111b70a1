// Origins without sockets: every dialled client is kept, and the test says what its server does.

import { ClientError, type ClientErrorKind } from '../../../src/cluster/client/client-error.ts';
import { endpointText } from '../../../src/cluster/client/endpoint.ts';
import { NameResolver } from '../../../src/cluster/client/name-resolver.ts';
import type { ServiceRecord } from '../../../src/cluster/client/name-server.ts';
import type {
  ClientEnd,
  ClientStage,
  DialClient,
  RtmpClientEvents,
  RtmpClientOptions,
  UpstreamClient,
} from '../../../src/cluster/client/rtmp-client.ts';

export class FakeClient implements UpstreamClient {
  readonly options: RtmpClientOptions;
  readonly #events: RtmpClientEvents;
  stage: ClientStage = 'connecting';
  receivedBytes = 0;
  sentBytes = 0;
  pendingBytes = 0;
  answeredPings = 0;
  /** Its server answers pings. */
  answersPings = false;
  isClosed = false;
  readonly sent: string[] = [];

  constructor(options: RtmpClientOptions, events: RtmpClientEvents) {
    this.options = options;
    this.#events = events;
  }

  get target(): string {
    return endpointText(this.options.endpoint);
  }

  get isOpen(): boolean {
    return !this.isClosed && this.stage !== 'ended';
  }

  sendMedia(typeId: 8 | 9 | 18, timestamp: number, payload: Uint8Array): void {
    this.sent.push(`${typeId}@${timestamp} ${Buffer.from(payload).toString('latin1')}`);
    this.sentBytes += payload.length;
  }

  ping(): void {
    if (!this.answersPings) return;
    this.answeredPings++;
    this.receivedBytes += 18;
  }

  close(): void {
    this.isClosed = true;
    this.stage = 'ended';
  }

  // --- what the server does

  /** Takes connect and createStream, and is asked for the stream. */
  accept(): this {
    this.stage = 'dialogue';
    this.#events.connected({
      server: 'SRS/4.0.271(Leo)',
      signature: 'SRS',
      version: '4.0.271',
      ip: '10.0.0.1',
      processId: 7,
      connectionId: 'abcdefgh',
    });
    this.stage = 'asked';
    this.#events.asked();
    return this;
  }

  start(): this {
    this.stage = 'started';
    this.#events.started();
    return this;
  }

  /** One message of media; a closed client hears nothing. */
  media(typeId: 8 | 9 | 18, timestamp: number, payload: Buffer): this {
    this.receivedBytes += payload.length;
    if (this.isOpen) this.#events.media({ typeId, timestamp, payload });
    return this;
  }

  status(code: string): this {
    this.#events.statusReceived({ level: 'status', code, description: '', info: undefined });
    return this;
  }

  fail(kind: ClientErrorKind = 'connect', text = 'gone'): void {
    const wasConnected = this.stage !== 'connecting';
    this.#end({ type: 'failed', error: ClientError.of(kind, text), wasConnected });
  }

  refuse(code: string): void {
    const status = { level: 'error', code, description: 'no', info: undefined };
    this.#end({ type: 'refused', status, error: ClientError.of('refused', code) });
  }

  redirect(url: string): void {
    this.#end({ type: 'redirected', target: { tcUrl: url, url } });
  }

  #end(end: ClientEnd): void {
    if (!this.isOpen) throw new Error(`${this.target} is closed already`);
    this.stage = 'ended';
    this.#events.ended(end);
  }
}

export class FakeOrigins {
  readonly clients: FakeClient[] = [];

  readonly dial: DialClient = (options, events) => {
    const client = new FakeClient(options, events);
    this.clients.push(client);
    return client;
  };

  get open(): FakeClient[] {
    return this.clients.filter((client) => client.isOpen);
  }

  get openTargets(): string[] {
    return this.open.map((client) => client.target);
  }

  get targets(): string[] {
    return this.clients.map((client) => client.target);
  }

  /** The latest client of that address. */
  at(target: string): FakeClient {
    const client = this.clients.findLast((one) => one.target === target);
    if (client === undefined) throw new Error(`nobody dialled ${target}, only ${this.targets.join(' ')}`);
    return client;
  }
}

export const keyFrame = (text: string) => Buffer.from(`\x17\x01\x00\x00\x00key ${text}`, 'latin1');
export const interFrame = (text: string) => Buffer.from(`\x27\x01\x00\x00\x00inter ${text}`, 'latin1');
export const videoHeader = (text: string) => Buffer.from(`\x17\x00\x00\x00\x00sps ${text}`, 'latin1');

/** Names as the test has them at the time; an address is its own. Nothing is remembered. */
export function fakeResolver(
  names: () => Readonly<Record<string, readonly string[]>>,
  services: () => Readonly<Record<string, readonly ServiceRecord[]>> = () => ({}),
): NameResolver {
  const found = async <T>(host: string, known: Readonly<Record<string, readonly T[]>>) => {
    const answer = known[host];
    if (answer === undefined) throw new Error(`getaddrinfo ENOTFOUND ${host}`);
    return answer;
  };
  const server = {
    addresses: (host: string) => found(host, names()),
    services: (name: string) => found(name, services()),
  };
  let clockMs = 0;
  return new NameResolver(server, () => {
    clockMs += 60_000;
    return clockMs;
  });
}
