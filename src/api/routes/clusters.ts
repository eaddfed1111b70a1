// Origin cluster: other origins ask here which streams are published by this one.

import { networkInterfaces } from 'node:os';
import { originAddress } from '../../cluster/origin/cluster-answer.ts';
import { ownAddress } from '../../stats/host/addresses.ts';
import type { ApiContext } from '../api-context.ts';
import { type ApiRequest, type ApiRoute, data, route } from '../route.ts';
import { int, list, nullable, object, optional, text, type ValueOf } from '../schema/schema.ts';

const querySchema = object('The question.', {
  ip: text('Host that the player came to.'),
  vhost: text('Virtual host.'),
  app: text('Application.'),
  stream: text('Stream.'),
});

const originSchema = object('Where players find it.', {
  ip: text('Host, for RTMP.'),
  port: int('RTMP port.'),
  vhost: text('Virtual host that has the stream.'),
  api: text('HTTP API of that server.'),
  routers: list('The servers that this answer has come through.', text('HTTP API.')),
  http: optional(text('HTTP server of that server, for HTTP viewers.')),
  since: optional(int('Since when it is published there, ms since the epoch.')),
  claim: optional(text('Random id of that publish.')),
});

export const clusterRoutes: readonly ApiRoute[] = [
  route({
    path: '/api/v1/clusters',
    says: 'Whether a stream is published here; origins ask each other.',
    documented: ['GET', 'POST'],
    query: {
      vhost: 'Virtual host.',
      ip: 'Host that the player came to.',
      app: 'Application.',
      stream: 'Stream.',
      coworker: 'What the asker calls this server.',
      for: '`publish` if a publisher wants the stream: who is about to end does not stand in the way.',
      since: 'Since when the asker has a publisher of its own, ms since the epoch.',
      claim: 'Random id of that publish.',
    },
    isHeadless: true,
    fields: {
      data: object('The answer.', { query: querySchema, origin: nullable(originSchema) }),
    },
    handle: (context, { query }) => {
      const { ip = '', vhost = '', app = '', stream = '' } = query;
      return data({ data: { query: { ip, vhost, app, stream }, origin: originOf(context, query) } });
    },
  }),
];

function originOf(context: ApiContext, query: ApiRequest['query']): ValueOf<typeof originSchema> | null {
  const { vhost = '', app = '', stream = '', coworker = '', since = '', claim: claimId = '' } = query;
  const { root, findVhost, http_api: api, http_server: http, stats } = context.config();
  const [rtmp] = root.listen;
  const name = findVhost(vhost)?.name;
  if (rtmp === undefined || name === undefined) return null;
  const sinceMs = Number(since);
  const hasClaim = since !== '' && Number.isFinite(sinceMs) && claimId !== '';
  const answer = context.answerOwner({
    ...{ vhost: name, app, stream, isPublish: query.for === 'publish' },
    ...(hasClaim ? { claim: { sinceMs, id: claimId } } : {}),
  });
  if (answer === undefined) return null;
  const origin = originAddress({
    vhost: name,
    coworker,
    rtmp,
    api: api.listen.text,
    http: http.enabled ? http.listen : undefined,
    ownAddress: ownAddress(networkInterfaces(), stats.network),
  });
  context.log.trace(
    `Redirect vhost=${vhost}, path=${app}/${stream} to ip=${origin.ip}, port=${origin.port}, api=${origin.api}`,
  );
  return answer.claim === undefined
    ? origin
    : { ...origin, since: answer.claim.sinceMs, claim: answer.claim.id };
}
