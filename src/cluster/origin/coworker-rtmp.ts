// The same question over RTMP, for coworkers whose HTTP API cannot be reached: a Service of Kubernetes often exposes
// 1935 alone. The asker only connects; the answer is whether it is let in. No coworker passes the question on, so
// there are no loops. SRS lets everybody in and does not know the question: its answer does not count.

import type { LookupFunction } from 'node:net';
import type { ServerIdentity } from '../../media/metadata.ts';
import { type Amf0Object, amf0Object, stringProperty } from '../../protocol/amf0/value.ts';
import { encodeTcUrl } from '../../protocol/rtmp/url.ts';
import type { StreamId } from '../../stream/stream-id.ts';
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
const TIMEOUT_MS = 1500;

/** Resolves with undefined if the coworker does not have the stream. Rejects if it gives no such answer. */
export function askCoworkerByRtmp(
  { endpoint, name }: CoworkerAddress,
  question: OwnerQuestion,
  { dial, lookup, identity }: RtmpQuestionOptions,
  signal: AbortSignal,
): Promise<StreamOwner | undefined> {
  return new Promise((resolve, reject) => {
    const { vhost, app, stream } = question;
    const client = dial(
      {
        endpoint,
        session: {
          role: 'connect',
          tcUrl: encodeTcUrl(endpoint.host, vhost, app, endpoint.port),
          app,
          stream: '',
          chunkSize: 128,
          args: amf0Object({ [VHOST]: vhost, [APP]: app, [STREAM]: stream }),
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
export function ownerQuestionOf(args: Amf0Object | undefined): StreamId | undefined {
  const stream = stringProperty(args, STREAM);
  if (stream === '') return undefined;
  return { vhost: stringProperty(args, VHOST), app: stringProperty(args, APP), stream };
}
