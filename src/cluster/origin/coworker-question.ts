// One question to one coworker over its HTTP API: do you have this stream? Request and answer are those of SRS, whose
// origins may be asked as well, and so may a dispatcher of the user's own.

import { type IncomingMessage, request } from 'node:http';
import type { StreamId } from '../../stream/stream-id.ts';
import { type Endpoint, endpointText } from '../client/endpoint.ts';

/** Since when an origin has a publisher of a stream. */
export interface PublishClaim {
  /** Since the epoch, ms. */
  readonly sinceMs: number;
  /** Random: no two claims are alike. */
  readonly id: string;
}

/** A stream, and who looks for it. */
export interface OwnerQuestion extends StreamId {
  /** Host that the player came to: it goes into the question, as SRS does it. */
  readonly host: string;
  /** Asked for a publisher, not for a player: who is about to end does not stand in the way. */
  readonly isPublish?: boolean;
  /** The asker has let the publisher in already. */
  readonly claim?: PublishClaim;
}

/** Where a stream is published, for RTMP. */
export interface StreamOwner {
  readonly host: string;
  readonly port: number;
  /** `host:port` of its HTTP server; SRS does not say. */
  readonly http?: string;
  /** SRS does not say. */
  readonly claim?: PublishClaim;
}

export interface CoworkerAddress {
  /** What to connect to. */
  readonly endpoint: Endpoint;
  /** As the coworker is to know itself: it may answer with this name. */
  readonly name: string;
}

/** An answer has a few hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Resolves with undefined if the coworker does not have the stream. Rejects if it gives no such answer. */
export function askCoworker(
  { endpoint, name }: CoworkerAddress,
  question: OwnerQuestion,
  userAgent: string,
  signal: AbortSignal,
): Promise<StreamOwner | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: endpoint.host,
        port: endpoint.port,
        method: 'POST',
        path: questionPath(question, name),
        headers: {
          Connection: 'close',
          'Content-Length': 0,
          'Content-Type': 'application/json',
          Host: name.includes(':') ? name : endpointText(endpoint),
          'User-Agent': userAgent,
        },
        agent: false,
        signal,
      },
      (response) => {
        readBody(response)
          .then((body) => resolve(readAnswer(response.statusCode ?? 0, body)), reject)
          .catch(reject);
      },
    );
    asked.once('error', reject);
    asked.end();
  });
}

/** Only what would break the request line or the query is escaped: SRS takes the rest as it is. */
function questionPath(question: OwnerQuestion, coworker: string): string {
  const { vhost, host, app, stream, isPublish, claim } = question;
  const parameters = {
    ...{ vhost, ip: host, app, stream, coworker },
    ...(isPublish === true ? { for: 'publish' } : {}),
    ...(claim === undefined ? {} : { since: String(claim.sinceMs), claim: claim.id }),
  };
  const query = Object.entries(parameters).map(([key, value]) => `${key}=${escaped(value)}`);
  return `/api/v1/clusters?${query.join('&')}`;
}

function escaped(text: string): string {
  return text.replace(/[^\w.~:/@[\]-]/gu, (character) => encodeURIComponent(character));
}

async function readBody(response: IncomingMessage): Promise<string> {
  let body = '';
  response.setEncoding('utf8');
  for await (const part of response) {
    body += part as string;
    if (body.length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
  }
  return body;
}

/** Throws if it is no answer to the question. */
function readAnswer(status: number, body: string): StreamOwner | undefined {
  if (status !== 200 && status !== 201) throw new Error(`HTTP status ${status}`);
  const answer = objectOf(JSON.parse(body));
  if (answer?.code !== 0) throw new Error(`no answer: ${body.slice(0, 100)}`);
  const origin = objectOf(objectOf(answer.data)?.origin);
  const { ip, port, http, since, claim } = origin ?? {};
  const isUsable = typeof ip === 'string' && ip !== '' && Number.isInteger(port) && (port as number) > 0;
  if (!isUsable) return undefined;
  return {
    ...{ host: ip, port: port as number },
    ...(typeof http === 'string' ? { http } : {}),
    ...(isClaim(since, claim) ? { claim: { sinceMs: since as number, id: claim as string } } : {}),
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function isClaim(since: unknown, claim: unknown): boolean {
  return Number.isFinite(since) && typeof claim === 'string' && claim !== '';
}
