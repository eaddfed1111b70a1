// The listings that any unknown path falls to, and the small routes that test clients.

import { ERROR_CODE } from '../error-code.ts';
import { type ApiRoute, data, failure, redirect, route } from '../route.ts';
import { free, object, text } from '../schema/schema.ts';

const V1_URLS = {
  versions: 'the version of SRS',
  summaries: 'the summary(pid, argv, pwd, cpu, mem) of SRS',
  rusages: 'the rusage of SRS',
  self_proc_stats: 'the self process stats',
  system_proc_stats: 'the system process stats',
  meminfos: 'the meminfo of system',
  authors: 'the license, copyright, authors and contributors',
  features: 'the supported features of SRS',
  requests: 'the request itself, for http debug',
  vhosts: 'manage all vhosts or specified vhost',
  streams: 'manage all streams or specified stream',
  clients: 'manage all clients or specified client, default query top 10 clients',
  raw: 'raw api for srs, support CUID srs for instance the config',
  clusters: 'origin cluster server API',
};

/** Not in SRS. */
const OWN_URLS = {
  reload: 'what became of the last reload',
  'openapi.json': 'this API as an OpenAPI document',
};

const V1_TESTS = {
  requests: 'show the request info',
  errors: 'always return an error 100',
  redirects: 'always redirect to /api/v1/test/errors',
};

function listing(path: string, urls: Readonly<Record<string, unknown>>): ApiRoute {
  return route({
    path,
    says: 'What there is.',
    fields: { urls: free('Name to sentence.') },
    handle: () => data({ urls }),
  });
}

export const rootListing = listing('/', { api: 'the api root' });
export const apiListing = listing('/api/', { v1: 'the api version 1.0' });

export const v1Listing: ApiRoute = route({
  path: '/api/v1/',
  says: 'What there is.',
  fields: { urls: free('Name to sentence.'), tests: free('Name to sentence.') },
  handle: () => data({ urls: { ...V1_URLS, ...OWN_URLS }, tests: V1_TESTS }),
});

export const testRoutes: readonly ApiRoute[] = [
  route({
    path: '/api/v1/tests/requests',
    says: 'The request itself, for debugging.',
    fields: {
      data: object('The request.', {
        uri: text('URL without port and query.'),
        path: text('Path.'),
        METHOD: text('Method.'),
        headers: free('Facts about the server; the name of the field is a mistake of SRS.'),
      }),
    },
    handle: ({ identity }, { host, path, method }) => {
      const link = 'https://github.com/ossrs/srs';
      const headers = { sigature: 'SRS', version: identity.version, link, time: Date.now() };
      return data({ data: { uri: `http://${host}${path}`, path, METHOD: method, headers } });
    },
  }),
  route({
    path: '/api/v1/tests/errors',
    says: 'Always fails.',
    fields: {},
    handle: () => failure(ERROR_CODE.test),
  }),
  route({
    path: '/api/v1/tests/redirects',
    says: 'Always redirects.',
    fields: {},
    handle: () => redirect(301, '/api/v1/tests/errors'),
  }),
];
