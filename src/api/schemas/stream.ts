// A stream in the API.

import type { StreamStatistics } from '../../stats/stream-statistics.ts';
import type { ApiContext } from '../api-context.ts';
import { flag, int, object, text, type ValueOf } from '../schema/schema.ts';
import { byteFields, bytesOf, kbpsOf, kbpsSchema } from './kbps.ts';
import { audioSchema, audioValue, videoSchema, videoValue } from './tracks.ts';

export const streamSchema = object('A stream that is published or played.', {
  id: text('Random id, new when the stream comes back after everybody has left.'),
  name: text('Stream name.'),
  vhost: text('Id of its vhost.'),
  app: text('Application.'),
  tcUrl: text('Of its first client.'),
  url: text('[vhost]/app/stream, the vhost only if it is not the default one.'),
  live_ms: int("The server's time now, Unix ms."),
  clients: int('Players and the publisher.'),
  frames: int('Video messages received.'),
  ...byteFields,
  kbps: kbpsSchema,
  publish: object('Its publisher.', {
    active: flag('Whether somebody publishes.'),
    cid: text('Client id of the publisher, also of the last one; empty before the first.'),
  }),
  video: videoSchema,
  audio: audioSchema,
});

/** A stream as /api/v1/streams/ lists it. */
export function streamValue(context: ApiContext, stream: StreamStatistics): ValueOf<typeof streamSchema> {
  const { id, vhost, app, name } = stream;
  const live = context.streams.find({ vhost: vhost.name, app, stream: name });
  return {
    id,
    name,
    vhost: vhost.id,
    app,
    tcUrl: stream.tcUrl,
    url: stream.url,
    live_ms: Date.now(),
    clients: stream.clients,
    frames: stream.frames,
    ...bytesOf(stream.traffic),
    kbps: kbpsOf(stream.traffic),
    publish: { active: stream.isPublishing, cid: stream.publisherId },
    video: videoValue(live),
    audio: audioValue(live),
  };
}
