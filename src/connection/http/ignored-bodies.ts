// Request bodies that nobody wants.

import type { FastifyInstance } from 'fastify';

/** As in SRS, whatever a request carries is read and dropped, and the request is answered like any other. */
export function ignoreBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, payload, done) => {
    payload.on('end', () => done(null));
    payload.on('error', done);
    payload.resume();
  });
}
