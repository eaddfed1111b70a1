// The same question over RTMP, for coworkers whose HTTP API cannot be reached: a Service of Kubernetes often exposes
// 1935 alone. The asker only connects; the answer is whether it is let in. No coworker passes the question on, so
// there are no loops. SRS lets everybody in and does not know the question: its answer does not count.

import type { LookupFunction } from 'node:net';
import type { ServerIdentity } from '../../media/metadata.ts';
import { type Amf0Object, amf0Object, numberProperty, stringProperty } from '../../protocol/amf0/value.ts';
import { encodeTcUrl } from '../../protocol/rtmp/url.ts';
import { parseEndpoint } from '../client/endpoint.ts';
import type { DialClient } from '../client/rtmp-client.ts';
import type { CoworkerAddress, OwnerQuestion, StreamOwner } from './coworker-question.ts';

export interface RtmpQuestionOptions {
  readonly dial: DialClient;
  readonly lookup: LookupFunction;
  readonly identity: ServerIdentity;
}

/** Properties of the arguments of `connect`. */
const VHOST = 'tsrs_owner_vhost';
const APP = 'tsrs_owner_app';
const STREAM = 'tsrs_owner_stream';
const PURPOSE = 'tsrs_owner_for';
const SINCE = 'tsrs_owner_since';
const CLAIM = 'tsrs_owner_claim';
const PUBLISH = 'publish';
/** Who asks may give up earlier, ms. */
const TIMEOUT_MS = 3000;

/** Resolves with undefined if the coworker does not have the stream. Rejects if it gives no such answer. */
export function askCoworkerByRtmp(
  { endpoint, name }: CoworkerAddress,
  question: OwnerQuestion,
  { dial, lookup, identity }: RtmpQuestionOptions,
  signal: AbortSignal,
): Promise<StreamOwner | undefined> {
  return new Promise((resolve, reject) => {
    const { vhost, app, stream, isPublish, claim } = question;
    const client = dial(
      {
        endpoint,
        session: {
          role: 'connect',
          tcUrl: encodeTcUrl(endpoint.host, vhost, app, endpoint.port),
          app,
          stream: '',
          chunkSize: 128,
          args: amf0Object({
            ...{ [VHOST]: vhost, [APP]: app, [STREAM]: stream },
            ...(isPublish === true ? { [PURPOSE]: PUBLISH } : {}),
            ...(claim === undefined ? {} : { [SINCE]: claim.sinceMs, [CLAIM]: claim.id }),
          }),
        },
        connectTimeoutMs: TIMEOUT_MS,
        setupTimeoutMs: TIMEOUT_MS,
        silenceTimeoutMs: TIMEOUT_MS,
        lookup,
      },
      {
        connected: ({ server }) => {
          client.close();
          if (server.startsWith(`${identity.name}/`)) {
            resolve({ host: parseEndpoint(name, 0).host, port: endpoint.port });
          } else {
            reject(new Error('it does not know the question'));
          }
        },
        asked: () => {},
        started: () => {},
        media: () => {},
        statusReceived: () => {},
        notice: () => {},
        ended: (end) => {
          if (end.type === 'refused') resolve(undefined);
          else reject(end.type === 'failed' ? end.error : new Error('redirected'));
        },
      },
    );
    signal.addEventListener('abort', () => {
      client.close();
      reject(new Error('nobody waits any more'));
    });
  });
}

/** The stream that a connecting client asks for in this way, undefined if it is an ordinary one. */
export function ownerQuestionOf(args: Amf0Object | undefined): Omit<OwnerQuestion, 'host'> | undefined {
  const stream = stringProperty(args, STREAM);
  if (stream === '') return undefined;
  const sinceMs = numberProperty(args, SINCE);
  const id = stringProperty(args, CLAIM);
  return {
    ...{ vhost: stringProperty(args, VHOST), app: stringProperty(args, APP), stream },
    isPublish: stringProperty(args, PURPOSE) === PUBLISH,
    ...(sinceMs !== undefined && Number.isFinite(sinceMs) && id !== '' ? { claim: { sinceMs, id } } : {}),
  };
}
