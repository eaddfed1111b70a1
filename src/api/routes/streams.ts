// Vhosts, streams and clients: lists, single ones, and kicking clients off.

import type { ApiContext } from '../api-context.ts';
import { ERROR_CODE } from '../error-code.ts';
import { PAGING_QUERY, page } from '../paging.ts';
import { type ApiRoute, data, failure, METHOD_NOT_ALLOWED, route } from '../route.ts';
import { list, optional } from '../schema/schema.ts';
import { clientSchema, clientValue } from '../schemas/client.ts';
import { streamSchema, streamValue } from '../schemas/stream.ts';
import { vhostSchema, vhostValue } from '../schemas/vhost.ts';

// The id is looked up before the method is: an unknown id is "not found" for every method, as in SRS.

export const streamRoutes: readonly ApiRoute[] = [
  route({
    path: '/api/v1/vhosts/',
    says: 'All vhosts that had a client.',
    fields: { vhosts: list('Ordered by id.', vhostSchema) },
    handle: (context, { method }) => {
      if (method !== 'GET') return METHOD_NOT_ALLOWED;
      const vhosts = upToDate(context).vhosts.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      return data({ vhosts: vhosts.map((vhost) => vhostValue(context, vhost)) });
    },
  }),
  route({
    path: '/api/v1/vhosts/:id',
    says: 'One vhost.',
    fields: { vhost: vhostSchema },
    handle: (context, { method, id }) => {
      const vhost = upToDate(context).vhosts.find((one) => one.id === id);
      if (vhost === undefined) return failure(ERROR_CODE.vhostNotFound);
      if (method !== 'GET') return METHOD_NOT_ALLOWED;
      return data({ vhost: vhostValue(context, vhost) });
    },
  }),
  route({
    path: '/api/v1/streams/',
    says: 'Streams, published or played.',
    query: PAGING_QUERY,
    fields: { streams: list('Ordered by id.', streamSchema) },
    handle: (context, { method, query }) => {
      if (method !== 'GET') return METHOD_NOT_ALLOWED;
      const streams = page(upToDate(context).streams, query);
      return data({ streams: streams.map((stream) => streamValue(context, stream)) });
    },
  }),
  route({
    path: '/api/v1/streams/:id',
    says: 'One stream.',
    fields: { stream: streamSchema },
    handle: (context, { method, id }) => {
      const stream = upToDate(context).streams.find((one) => one.id === id);
      if (stream === undefined) return failure(ERROR_CODE.streamNotFound);
      if (method !== 'GET') return METHOD_NOT_ALLOWED;
      return data({ stream: streamValue(context, stream) });
    },
  }),
  route({
    path: '/api/v1/clients/',
    says: 'Clients that play or publish.',
    query: PAGING_QUERY,
    fields: { clients: list('Ordered by id.', clientSchema) },
    handle: (context, { method, query }) => {
      if (method === 'DELETE') return failure(ERROR_CODE.clientNotFound);
      if (method !== 'GET') return METHOD_NOT_ALLOWED;
      const clients = page(upToDate(context).clients, query);
      return data({ clients: clients.map((client) => clientValue(context, client)) });
    },
  }),
  route({
    path: '/api/v1/clients/:id',
    says: 'One client; DELETE kicks it off (the answer has the head only).',
    documented: ['GET', 'DELETE'],
    fields: { client: optional(clientSchema) },
    handle: (context, { method, id }) => {
      const client = upToDate(context).findClient(id);
      if (client === undefined) return failure(ERROR_CODE.clientNotFound);
      if (method === 'GET') return data({ client: clientValue(context, client) });
      if (method !== 'DELETE') return METHOD_NOT_ALLOWED;
      client.facts.kickOff();
      context.statistics.counts.kicks++;
      context.log.warn(`kickoff client id=${id} ok`);
      return data({});
    },
  }),
];

function upToDate({ statistics }: ApiContext): ApiContext['statistics'] {
  statistics.update();
  return statistics;
}
