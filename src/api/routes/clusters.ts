// Origin cluster: other origins ask here which streams are published by this one.

import { networkInterfaces } from 'node:os';
import { isOwnStream, originAddress } from '../../cluster/origin/cluster-answer.ts';
import { ownAddress } from '../../stats/host/addresses.ts';
import type { ApiContext } from '../api-context.ts';
import { type ApiRequest, type ApiRoute, data, route } from '../route.ts';
import { int, list, nullable, object, optional, text } from '../schema/schema.ts';

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

function originOf(context: ApiContext, query: ApiRequest['query']): ReturnType<typeof originAddress> | null {
  const { vhost = '', app = '', stream = '', coworker = '' } = query;
  const { root, findVhost, http_api: api, http_server: http, stats } = context.config();
  const [rtmp] = root.listen;
  const name = findVhost(vhost)?.name;
  if (rtmp === undefined || name === undefined) return null;
  if (!isOwnStream(context.streams.find({ vhost: name, app, stream }))) return null;
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
  return origin;
}
