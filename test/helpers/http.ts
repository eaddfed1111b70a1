// One HTTP request to the server under test, with the whole answer; and raw bytes for what no HTTP client sends.

import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import { PATIENCE_MS, waitFor, withTimeout } from './wait-for.ts';

export interface HttpAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Names and values as they were spelled. */
  readonly rawHeaders: readonly string[];
  readonly bytes: Buffer;
  readonly text: string;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isTls?: boolean;
  /** PEM of whom to trust. */
  readonly ca?: Buffer;
  readonly body?: string;
}

/** The path goes out as it is, `..` and all. */
export function http(port: number, path: string, options: HttpRequest = {}): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, isTls = false, ca, body } = options;
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    const request = isTls ? requestHttps : requestHttp;
    const sent = request(
      { port, host: '127.0.0.1', method, path, headers, agent: false, ...(ca && { ca }) },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (bytes: Buffer) => parts.push(bytes));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(parts);
          const { statusCode: status, headers, rawHeaders } = response;
          resolve({ status, headers, rawHeaders, bytes, text: bytes.toString('utf8') });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
  return withTimeout(`answer to ${method} ${path}`, PATIENCE_MS, answer);
}

/** Sends raw bytes and collects what comes back until the server closes, or `isEnough`. */
export async function exchangeRaw(
  port: number,
  text: string,
  isEnough: (answer: string) => boolean = () => false,
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  let isClosed = false;
  socket.setEncoding('latin1');
  socket.on('data', (more: string) => {
    answer += more;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
  });
  socket.write(text);
  await waitFor(
    () => `an answer to ${text}, got ${answer.slice(0, 300)}`,
    () => isClosed || isEnough(answer),
  );
  socket.destroy();
  return answer;
}
