// A plain request and its answer, for services that need no more than that.

import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { PlainRequest } from '../../protocol/http/plain-request.ts';
import type { ServiceReply, ServiceRequest } from './http-service.ts';

/** What a socket is given. */
export interface PlainAnswer {
  readonly status: number;
  /** Field lines, each with its line end. */
  readonly fields: string;
  /** As it is sent in UTF-8; undefined if there is none. */
  readonly body: Buffer | string | undefined;
  readonly bodyBytes: number;
}

const NOT_MODIFIED = 304;

export class PlainServiceRequest implements ServiceRequest {
  readonly method = 'GET';
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly socket: Socket;

  constructor({ url, headers }: PlainRequest, socket: Socket, isTls: boolean) {
    this.url = url;
    this.headers = headers;
    this.protocol = isTls ? 'https' : 'http';
    this.host = headers.host ?? '';
    this.socket = socket;
  }

  get hostname(): string {
    if (this.host.startsWith('[')) return this.host.slice(0, this.host.indexOf(']') + 1);
    const colon = this.host.indexOf(':');
    return colon < 0 ? this.host : this.host.slice(0, colon);
  }
}

/** Collects the parts of an answer. */
export class PlainReply implements ServiceReply {
  readonly #onAnswer: (answer: PlainAnswer) => void;
  readonly #onHijack: () => void;
  #status = 200;
  #fields = '';
  #isSent = false;

  /**
   * @param onAnswer called once
   * @param onHijack called instead if the answer is to be no answer of HTTP's
   */
  constructor(onAnswer: (answer: PlainAnswer) => void, onHijack: () => void) {
    this.#onAnswer = onAnswer;
    this.#onHijack = onHijack;
  }

  get isSent(): boolean {
    return this.#isSent;
  }

  /** Names are sent as they are spelled here. Values come from us, or were checked to be visible text. */
  header(name: string, value: string): this {
    this.#fields += `${name}: ${value}\r\n`;
    return this;
  }

  code(status: number): this {
    this.#status = status;
    return this;
  }

  send(body: string | Buffer = ''): void {
    if (this.#isSent) return;
    this.#isSent = true;
    const status = this.#status;
    if (status === NOT_MODIFIED) {
      this.#onAnswer({ status, fields: this.#fields, body: undefined, bodyBytes: 0 });
      return;
    }
    const bodyBytes = Buffer.byteLength(body);
    const fields = `${this.#fields}Content-Length: ${bodyBytes}\r\n`;
    this.#onAnswer({ status, fields, body, bodyBytes });
  }

  hijack(): void {
    if (this.#isSent) return;
    this.#isSent = true;
    this.#onHijack();
  }

  callNotFound(): void {
    this.code(404).header('Content-Type', 'text/plain; charset=utf-8').send('Not Found');
  }
}
