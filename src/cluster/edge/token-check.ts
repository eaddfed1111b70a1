// `token_traverse`: before an edge serves a client it asks an origin whether that would take it, by connecting with
// the client's own words. Whoever checks tokens at the origin so checks them for all edges.

import type { LookupFunction } from 'node:net';
import type { Logger } from '../../log/logger.ts';
import type { Amf0Object } from '../../protocol/amf0/value.ts';
import { parseEndpoint } from '../client/endpoint.ts';
import type { ClientEnd, DialClient, UpstreamClient } from '../client/rtmp-client.ts';

/** What the client said in its `connect`. */
export interface ClientConnect {
  readonly tcUrl: string;
  readonly app: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
  readonly args: Amf0Object | undefined;
}

export interface TokenCheckOptions {
  /** `host[:port]` each: the first that can be reached decides. */
  readonly origins: readonly string[];
  readonly dial: DialClient;
  readonly lookup: LookupFunction;
  readonly log: Logger;
}

export type TokenVerdict =
  | { readonly type: 'admitted' }
  | { readonly type: 'refused'; readonly reason: string };

/** `next` is an origin that could not be reached. */
type Answer = TokenVerdict | { readonly type: 'next' };

const CONNECT_TIMEOUT_MS = 3000;
const SETUP_TIMEOUT_MS = 10_000;
const RTMP_PORT = 1935;

/** Never rejects. */
export async function checkToken(client: ClientConnect, options: TokenCheckOptions): Promise<TokenVerdict> {
  const { origins, log } = options;
  for (const origin of origins) {
    const answer = await askOrigin(client, origin, options);
    if (answer.type === 'admitted') log.trace(`edge token auth ok, tcUrl=${client.tcUrl}`);
    if (answer.type !== 'next') return answer;
    log.warn(`Illegal edge token, tcUrl=${client.tcUrl}`);
  }
  return { type: 'refused', reason: `rtmp: Illegal edge token, server=${origins.length}` };
}

function askOrigin(client: ClientConnect, origin: string, options: TokenCheckOptions): Promise<Answer> {
  const { tcUrl, app, pageUrl, swfUrl, args } = client;
  return new Promise((resolve) => {
    const asked: UpstreamClient = options.dial(
      {
        endpoint: parseEndpoint(origin, RTMP_PORT),
        session: {
          role: 'connect',
          tcUrl,
          app,
          pageUrl,
          swfUrl,
          stream: '',
          chunkSize: 128,
          ...(args === undefined ? {} : { args }),
        },
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        setupTimeoutMs: SETUP_TIMEOUT_MS,
        silenceTimeoutMs: 0,
        lookup: options.lookup,
      },
      {
        connected: () => {},
        asked: () => {
          resolve({ type: 'admitted' });
          asked.close();
        },
        started: () => {},
        media: () => {},
        statusReceived: () => {},
        notice: () => {},
        ended: (end) => resolve(answerOf(end)),
      },
    );
  });
}

function answerOf(end: ClientEnd): Answer {
  if (end.type === 'failed' && !end.wasConnected) return { type: 'next' };
  const reason = end.type === 'redirected' ? `redirected to ${end.target.url}` : end.error.message;
  return { type: 'refused', reason };
}
