// GET /api/v1/versions: what monitoring and the guide's checks ask first.

import type { FastifyInstance } from 'fastify';

/** @param version three numbers, such as 1.2.3 */
export function addVersionsRoute(fastify: FastifyInstance, serverId: string, version: string): void {
  const [major, minor, revision] = version.split('.').map(Number);
  fastify.get('/api/v1/versions', async () => ({
    code: 0,
    server: serverId,
    data: { major, minor, revision, version },
  }));
}
