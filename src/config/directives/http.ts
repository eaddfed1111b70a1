// The HTTP API and the HTTP server, and the exporter's listener (spec config 3.3, 3.4).

import type { Endpoint } from '../endpoint.ts';
import { parseEndpoint } from '../endpoint.ts';
import { block, endpoint, flag, path, text } from './row.ts';

function https(of: string, listen: string) {
  const port: Endpoint = parseEndpoint(listen);
  return block(
    { says: `TLS for ${of}.`, since: '4', reload: 'applied', checked: false },
    {
      enabled: flag(false, { says: `Serve ${of} over HTTPS as well.`, reload: 'applied', since: '4' }),
      listen: endpoint(port, { says: 'HTTPS endpoint, [IP:]PORT.', reload: 'applied', since: '4' }),
      key: path('./conf/server.key', { says: 'Private key, PEM.', reload: 'live', since: '4' }),
      cert: path('./conf/server.crt', { says: 'Certificate chain, PEM.', reload: 'live', since: '4' }),
    },
  );
}

export const httpApi = block(
  { says: 'The HTTP API.', since: '1', reload: 'applied' },
  {
    enabled: flag(false, { says: 'Serve the HTTP API.', reload: 'applied', since: '1' }),
    listen: endpoint(parseEndpoint('1985'), {
      says: 'Endpoint of the API, [IP:]PORT; the same as http_server.listen shares that port.',
      reload: 'applied',
      since: '1',
    }),
    crossdomain: flag(true, {
      says: 'Allow calls from pages of other origins (CORS).',
      reload: 'applied',
      since: '2',
    }),
    raw_api: block(
      {
        says: 'The raw API, which can reload the server.',
        since: '3',
        reload: 'applied',
      },
      {
        enabled: flag(false, { says: 'Serve /api/v1/raw.', reload: 'applied', since: '3' }),
        allow_reload: flag(false, { says: 'Allow rpc=reload.', reload: 'applied', since: '3' }),
        allow_query: flag(false, {
          says: 'Removed from SRS.',
          reload: 'live',
          since: '3',
          env: false,
          support: 'accepted',
        }),
        allow_update: flag(false, {
          says: 'Removed from SRS.',
          reload: 'live',
          since: '3',
          env: false,
          support: 'accepted',
        }),
      },
    ),
    auth: block(
      { says: 'HTTP Basic authentication of the API.', since: '5', reload: 'live' },
      {
        enabled: flag(false, { says: 'Ask for a user name and a password.', reload: 'live', since: '5' }),
        username: text('', { says: 'The user name.', reload: 'live', since: '5', example: 'admin' }),
        password: text('', { says: 'The password.', reload: 'live', since: '5', example: 'secret' }),
      },
    ),
    https: https('the HTTP API', '1990'),
  },
);

export const httpServer = block(
  {
    says: 'The HTTP server for live streams, HLS and files.',
    since: '2',
    reload: 'applied',
    label: 'http_stream',
  },
  {
    enabled: flag(false, { says: 'Serve HTTP.', reload: 'applied', since: '1' }),
    listen: endpoint(parseEndpoint('8080'), { says: 'Endpoint, [IP:]PORT.', reload: 'applied', since: '1' }),
    dir: path('./objs/nginx/html', { says: 'Folder served at /.', reload: 'live', since: '1' }),
    crossdomain: flag(true, {
      says: 'Allow players on pages of other origins (CORS).',
      reload: 'applied',
      since: '2',
    }),
    https: https('the HTTP server', '8088'),
  },
);

export const exporter = block(
  {
    says: 'Prometheus metrics: /metrics on a port of its own, and on that of the API.',
    since: '5',
    reload: 'applied',
  },
  {
    enabled: flag(false, { says: 'Serve /metrics.', reload: 'applied', since: '5' }),
    listen: endpoint(parseEndpoint('9972'), { says: 'Endpoint, [IP:]PORT.', reload: 'applied', since: '5' }),
    label: text('', {
      says: 'Label for this group of servers.',
      reload: 'live',
      since: '5',
      example: 'cn-beijing',
    }),
    tag: text('', {
      says: 'Tag for this group of servers.',
      reload: 'live',
      since: '5',
      example: 'cn-edge',
    }),
  },
);
