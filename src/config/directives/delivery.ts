// Streams and files over HTTP: http_static { } and http_remux { } (spec config 3.6).

import { block, flag, float, path, template } from './row.ts';

export const httpStatic = block(
  { says: 'A folder of files for this vhost.', since: '2', reload: 'live' },
  {
    enabled: flag(false, { says: 'Serve it.', reload: 'live', since: '1' }),
    mount: template('[vhost]/', {
      says: 'Where it appears; / replaces http_server.dir.',
      reload: 'live',
      since: '1',
    }),
    dir: path('./objs/nginx/html', {
      says: 'The folder; [vhost] is replaced.',
      reload: 'live',
      since: '1',
    }),
  },
);

export const httpRemux = block(
  { says: 'Live streams over HTTP: FLV, TS, AAC, MP3, and WebSocket.', since: '2', reload: 'applied' },
  {
    enabled: flag(false, { says: 'Serve them.', reload: 'applied', since: '2' }),
    mount: template('[vhost]/[app]/[stream].flv', {
      says: 'Where a stream appears; the suffix .flv, .ts, .aac or .mp3 is the format.',
      reload: 'restart',
      since: '2',
    }),
    fast_cache: float(0, {
      says: 'Audio that a new viewer of an AAC or MP3 stream gets at once.',
      unit: 's',
      reload: 'live',
      since: '2',
    }),
    wait_for_stream: float(-1, {
      says: 'How long a viewer waits for a stream that nobody publishes before it gets 404; 0 not at all, -1 as long as it likes. On an edge at least 5.',
      unit: 's',
      reload: 'live',
      since: 'tsrs',
    }),
    drop_if_not_match: flag(true, {
      says: 'Drop messages of a track that the FLV header does not announce.',
      reload: 'live',
      since: '5',
      support: 'accepted',
    }),
    has_audio: flag(true, {
      says: 'The header announces audio when nothing better is known.',
      reload: 'live',
      since: '5',
      support: 'accepted',
    }),
    has_video: flag(true, {
      says: 'The header announces video when nothing better is known.',
      reload: 'live',
      since: '5',
      support: 'accepted',
    }),
    guess_has_av: flag(true, {
      says: 'Look at the stream to know what the header announces.',
      reload: 'live',
      since: '5',
      support: 'accepted',
    }),
  },
);
