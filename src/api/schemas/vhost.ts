// A virtual host in the API.

import type { VhostStatistics } from '../../stats/stream-statistics.ts';
import type { ApiContext } from '../api-context.ts';
import { decimal, flag, int, object, optional, text, type ValueOf } from '../schema/schema.ts';
import { byteFields, bytesOf, kbpsOf, kbpsSchema } from './kbps.ts';

export const vhostSchema = object('A virtual host that had a client.', {
  id: text('Random id.'),
  name: text('As in srs.conf.'),
  enabled: flag('Whether it takes clients.'),
  clients: int('Players and publishers now.'),
  streams: int('Streams that are published now.'),
  ...byteFields,
  kbps: kbpsSchema,
  hls: object('HLS of this vhost.', {
    enabled: flag('Whether it is on.'),
    fragment: optional(decimal('Target duration of a segment, s.')),
  }),
});

/** A vhost as /api/v1/vhosts/ lists it: those that have had clients. */
export function vhostValue(context: ApiContext, vhost: VhostStatistics): ValueOf<typeof vhostSchema> {
  const settings = context.config().findVhost(vhost.name);
  const published = context.statistics.streams.filter((one) => one.vhost === vhost && one.isPublishing);
  const hasHls = settings?.hls.enabled === true;
  return {
    id: vhost.id,
    name: vhost.name,
    enabled: settings?.enabled === true,
    clients: vhost.clients,
    streams: published.length,
    ...bytesOf(vhost.traffic),
    kbps: kbpsOf(vhost.traffic),
    hls: hasHls ? { enabled: true, fragment: settings.hls.hls_fragment } : { enabled: false },
  };
}
