// The hook of `forward { backend }` (SRS 5): where a stream goes is asked for at each publish, and who does not answer
// properly refuses the publisher.

import { discoverUrl, type RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { StreamId } from '../../stream/stream-id.ts';

/** Who publishes what, as the hook is told. */
export interface ForwardQuestion extends StreamId {
  /** Of the publisher's connection. */
  readonly clientId: string;
  readonly ip: string;
  readonly tcUrl: string;
  /** With its `?`, '' if there are none. */
  readonly param: string;
}

export interface BackendIdentity {
  /** Stays over restarts. */
  readonly serverId: string;
  /** Changes with each start. */
  readonly serviceId: string;
  readonly userAgent: string;
}

/** The encoder waits for it, ms (SRS: 30 s). */
const TIMEOUT_MS = 10_000;
/** An answer has a few hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Resolves with the streams that it is to be sent as, none at all perhaps. Rejects if there is no such answer. */
export async function askBackend(
  backend: string,
  question: ForwardQuestion,
  { serverId, serviceId, userAgent }: BackendIdentity,
): Promise<readonly RtmpUrl[]> {
  const { clientId, ip, vhost, app, tcUrl, stream, param } = question;
  const body = {
    ...{ action: 'on_forward', server_id: serverId, service_id: serviceId, client_id: clientId },
    ...{ ip, vhost, app, tcUrl, stream, param },
  };
  const response = await fetch(backend, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'User-Agent': userAgent },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await readText(response);
  if (response.status !== 200) throw new Error(`HTTP status ${response.status}`);
  return readUrls(text).map(parseTarget);
}

async function readText({ body }: Response): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const part of body) {
    text += decoder.decode(part, { stream: true });
    if (text.length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
  }
  return text;
}

/** `{"code":0,"data":{"urls":["rtmp://host:port/app/stream?k=v"]}}` */
function readUrls(text: string): readonly string[] {
  const urls = propertyOf(propertyOf(parseJson(text), 'data'), 'urls');
  const isAnswer = propertyOf(parseJson(text), 'code') === 0 && Array.isArray(urls);
  if (!isAnswer || !urls.every((url) => typeof url === 'string')) {
    throw new Error(`no {"code":0,"data":{"urls":[…]}} but ${text.slice(0, 100)}`);
  }
  return urls;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Where the stream goes, and as what: app, stream and parameters are those of the URL. */
function parseTarget(text: string): RtmpUrl {
  const match = /^(rtmp:\/\/[^/?#]+\/[^?#]+)\/([^/?#]+(?:\?.*)?)$/.exec(text);
  if (match === null) throw new Error(`${text} is no URL of a stream, rtmp://HOST[:PORT]/APP/STREAM`);
  return discoverUrl(match[1] as string, match[2] as string);
}
