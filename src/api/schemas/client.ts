// A client in the API: one that plays or publishes.

import type { ClientStatistics } from '../../stats/client-statistics.ts';
import type { ApiContext } from '../api-context.ts';
import { decimal, flag, object, text, type ValueOf } from '../schema/schema.ts';
import { byteFields, bytesOf, kbpsOf, kbpsSchema } from './kbps.ts';

export const clientSchema = object('Somebody who plays or publishes.', {
  id: text("Context id of its connection, as in log lines; an HLS viewer's session."),
  vhost: text('Id of its vhost.'),
  stream: text('Id of its stream.'),
  ip: text('Address of the peer.'),
  pageUrl: text('Page that the player stands in.'),
  swfUrl: text('Flash player.'),
  tcUrl: text('URL without the stream.'),
  url: text('[vhost]/app/stream, the vhost only if it is not the default one.'),
  name: text('Stream name.'),
  type: text('rtmp-play, flv-play, hls-play, fmle-publish, flash-publish or haivision-publish.'),
  publish: flag('Whether it publishes.'),
  alive: decimal('Since it started to play or publish, s.'),
  ...byteFields,
  kbps: kbpsSchema,
});

/** A client as /api/v1/clients/ lists it. */
export function clientValue(context: ApiContext, client: ClientStatistics): ValueOf<typeof clientSchema> {
  const { facts, stream, traffic } = client;
  return {
    id: facts.id,
    vhost: stream.vhost.id,
    stream: stream.id,
    ip: facts.ip,
    pageUrl: facts.pageUrl,
    swfUrl: facts.swfUrl,
    tcUrl: facts.tcUrl,
    url: stream.url,
    name: stream.name,
    type: facts.type,
    publish: facts.isPublisher,
    alive: context.statistics.ageMs(client) / 1000,
    ...bytesOf(traffic),
    kbps: kbpsOf(traffic),
  };
}
