// Whether new clients should be sent to this server, and the probes that tell: /healthz for "alive" and /readyz for
// "send me clients". Both are answered by the API's port until the very end of a graceful quit.

import type { FastifyInstance, FastifyReply } from 'fastify';

export type ReadinessState = 'starting' | 'ready' | 'draining';

/** Written by the process's life, read by probes. */
export class Readiness {
  state: ReadinessState = 'starting';
}

const HEALTH_PATH = '/healthz';
const READY_PATH = '/readyz';
export const PROBE_PATHS = [HEALTH_PATH, READY_PATH];

const NO_STORE = { 'Cache-Control': 'no-store' };

/** Answers 200 while alive, and 503 to /readyz before the server is ready and while it drains. */
export function addProbeRoutes(fastify: FastifyInstance, readiness: Readiness): void {
  const health = (reply: FastifyReply) => reply.headers(NO_STORE).send({ status: 'ok' });
  fastify.get(HEALTH_PATH, (_request, reply) => health(reply));
  fastify.get(READY_PATH, (_request, reply) => {
    const { state } = readiness;
    return reply
      .code(state === 'ready' ? 200 : 503)
      .headers(NO_STORE)
      .send({ status: state });
  });
}
