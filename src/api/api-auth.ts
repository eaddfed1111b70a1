// http_api.auth: a user name and a password for everything below /api/, on whichever port.

import { createHash, timingSafeEqual } from 'node:crypto';
import basicAuth from '@fastify/basic-auth';
import type { FastifyInstance } from 'fastify';
import type { ApiContext } from './api-context.ts';

/** Guards the routes of this fastify scope. The settings are read at each request: a reload changes them. */
export async function requireAuth(scope: FastifyInstance, context: ApiContext): Promise<void> {
  await scope.register(basicAuth, {
    authenticate: { realm: 'HTTP API' },
    validate: (user, password, _request, _reply, done) => {
      const { username, password: wanted } = context.config().http_api.auth;
      const isRight = isEqual(user, username) && isEqual(password, wanted);
      done(isRight ? undefined : new Error('Unauthorized'));
    },
  });
  scope.addHook('onRequest', (request, reply, done) => {
    if (context.config().http_api.auth.enabled) scope.basicAuth(request, reply, done);
    else done();
  });
}

/** In a time that tells nothing about how much of it is right. */
function isEqual(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
