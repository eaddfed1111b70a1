// GET /metrics: on the exporter's own port, and on that of the API.

import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config/config.ts';
import { ERROR_CODE } from '../error-code.ts';
import type { Metrics } from './metrics.ts';

export const METRICS_PATH = '/metrics';

// As bytes, like all JSON of the API: fastify would add a charset to the content type.
const DISABLED = Buffer.from(`{"code":${ERROR_CODE.exporterDisabled}}`);

/** While `exporter` is off, the answer is SRS's error. A reload changes that. */
export function mountMetrics(fastify: FastifyInstance, metrics: Metrics, config: () => Config): void {
  fastify.get(METRICS_PATH, async (_request, reply) => {
    if (!config().exporter.enabled) {
      return reply.header('Content-Type', 'application/json').send(DISABLED);
    }
    const { text, contentType } = await metrics.scrape();
    return reply.header('Content-Type', contentType).send(text);
  });
}
