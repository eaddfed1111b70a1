// The API on a listener: routes, JSONP, redirects, status codes. There is no 404 below /api/: as in SRS, an unknown
// path gets the listing of what there is.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ignoreBodies } from '../connection/http/ignored-bodies.ts';
import { requireAuth } from './api-auth.ts';
import type { ApiContext } from './api-context.ts';
import { isSafeCallback, methodOf } from './jsonp.ts';
import type { ApiRoute, EncodedAnswer } from './route.ts';
import { apiRoutes } from './route-table.ts';
import { versionsRoute } from './routes/about.ts';
import { apiListing, rootListing, v1Listing } from './routes/listing.ts';
import { openApiDocument } from './schema/open-api.ts';

const TEXT = 'text/plain; charset=utf-8';
const OPEN_API_PATH = '/api/v1/openapi.json';

/** Serves all of the API below /api/. */
export function mountApi(fastify: FastifyInstance, context: ApiContext): void {
  fastify.register(async (scope) => {
    await requireAuth(scope, context);
    ignoreBodies(scope);
    for (const route of apiRoutes) mount(scope, route.path, route, context);
    mount(scope, '/api/v1/*', v1Listing, context);
    mount(scope, '/api/*', apiListing, context);
    redirectTo(scope, '/api', '/api/v1', '/api/v1/vhosts', '/api/v1/streams', '/api/v1/clients');
    const document = JSON.stringify(openApiDocument(apiRoutes, context.identity.version));
    scope.get(OPEN_API_PATH, (request, reply) => sendJson(request, reply, document));
  });
}

/** The one route that the HTTP server answers, too: load balancers probe it. */
export function mountVersions(fastify: FastifyInstance, context: ApiContext): void {
  fastify.register(async (scope) => {
    await requireAuth(scope, context);
    ignoreBodies(scope);
    mount(scope, versionsRoute.path, versionsRoute, context);
  });
}

/** For the console, which may stand on another port than the API. `here` is what this port serves. */
export function mountPorts(
  fastify: FastifyInstance,
  here: 'api' | 'media' | 'all',
  { config }: ApiContext,
): void {
  fastify.get('/console/ports.json', (_request, reply) => {
    const { http_api: api, http_server: media } = config();
    const port = ({ enabled, listen }: typeof api.https) => (enabled ? listen.port : 0);
    return reply.header('Cache-Control', 'no-store').send({
      here,
      http_api: api.enabled ? api.listen.port : 0,
      https_api: port(api.https),
      http_server: media.enabled ? media.listen.port : 0,
      https_server: port(media.https),
    });
  });
}

/** What a port of the API alone answers outside /api/. */
export function mountRootListing(fastify: FastifyInstance, context: ApiContext): void {
  fastify.register(async (scope) => {
    ignoreBodies(scope);
    mount(scope, '/', rootListing, context);
    mount(scope, '/*', rootListing, context);
  });
}

function mount(fastify: FastifyInstance, path: string, route: ApiRoute, context: ApiContext): void {
  // The id is all that follows, slashes included: with one at its end it is not found.
  fastify.all(path.replace(':id', '*'), (request, reply) => {
    const query = queryOf(request);
    const answer = route.handle(context, {
      method: methodOf(request.method, query),
      path: pathOf(request),
      host: query.vhost ?? query.domain ?? request.hostname,
      id: (request.params as Readonly<Record<string, string | undefined>>)['*'] ?? '',
      query,
    });
    return send(request, reply, answer);
  });
}

/** `/api/v1/streams` is `/api/v1/streams/`. */
function redirectTo(fastify: FastifyInstance, ...paths: readonly string[]): void {
  for (const path of paths) {
    fastify.all(path, (request, reply) => {
      const query = request.url.slice(pathOf(request).length);
      return sendRedirect(reply, 302, `${path}/${query}`);
    });
  }
}

function send(request: FastifyRequest, reply: FastifyReply, answer: EncodedAnswer): FastifyReply {
  switch (answer.type) {
    case 'data':
      return sendJson(request, reply, answer.value);
    case 'failure':
      return sendJson(request, reply, `{"code":${answer.code}}`);
    case 'redirect':
      return sendRedirect(reply, answer.status, answer.location);
    case 'method-not-allowed':
      return reply.code(405).header('Content-Type', TEXT).send('Method Not Allowed');
  }
}

// As bytes: fastify would add a charset to the content type of a JSON string.
function sendJson(request: FastifyRequest, reply: FastifyReply, json: string): FastifyReply {
  const { callback = '' } = queryOf(request);
  if (callback === '') return reply.header('Content-Type', 'application/json').send(Buffer.from(json));
  if (!isSafeCallback(callback)) {
    return reply.code(400).header('Content-Type', TEXT).send('Bad Request: callback is not a plain name');
  }
  return reply
    .header('Content-Type', 'text/javascript')
    .header('X-Content-Type-Options', 'nosniff')
    .send(Buffer.from(`${callback}(${json})`));
}

function sendRedirect(reply: FastifyReply, status: 301 | 302, location: string): FastifyReply {
  return reply
    .code(status)
    .header('Location', location)
    .header('Content-Type', TEXT)
    .send(`Redirect to ${location}`);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] as string;
}

/** A parameter that is given several times counts with its first value. */
function queryOf(request: FastifyRequest): Readonly<Record<string, string | undefined>> {
  const query = request.query as Readonly<Record<string, string | readonly string[]>>;
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, typeof value === 'string' ? value : value[0]]),
  );
}
