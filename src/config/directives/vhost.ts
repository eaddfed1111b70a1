// vhost NAME { }: the settings of one virtual host (spec config 3.6).

import { bandcheck, httpHooks, refer, security } from './access.ts';
import { cluster, forward } from './cluster.ts';
import { httpRemux, httpStatic } from './delivery.ts';
import { dvr } from './dvr.ts';
import { dash, hds, hls } from './hls.ts';
import { play, publish } from './play.ts';
import { exec, ingest, transcode } from './process.ts';
import { blocks, flag, int } from './row.ts';
import { rtc } from './rtc.ts';
import { srt } from './srt.ts';

export const vhost = blocks(
  'name',
  {
    says: 'A virtual host; __defaultVhost__ serves every host name that has none of its own.',
    since: '1',
    reload: 'applied',
  },
  {
    enabled: flag(true, { says: 'Off refuses everybody.', reload: 'applied', since: '1', env: false }),
    chunk_size: int(
      { text: 'chunk_size of the root', of: ({ root }) => Number(root.chunk_size) },
      {
        says: 'Outgoing RTMP chunk size.',
        unit: 'bytes',
        reload: 'new',
        since: '1',
        example: '60000',
        min: 128,
        max: 65536,
      },
    ),
    min_latency: flag(false, {
      says: 'Send every message at once instead of merging writes (mw_latency).',
      reload: 'applied',
      since: '2',
    }),
    tcp_nodelay: flag(false, { says: "Switch Nagle's algorithm off.", reload: 'applied', since: '2' }),
    in_ack_size: int(0, {
      says: 'Acknowledge received bytes in steps of this size even if the peer did not ask, 0 only if it did.',
      unit: 'bytes',
      reload: 'new',
      since: '3',
    }),
    out_ack_size: int(2500000, {
      says: 'Window for which viewers send acknowledgements, 0 asks for none.',
      unit: 'bytes',
      reload: 'new',
      since: '3',
    }),
    play,
    publish,
    cluster,
    forward,
    http_remux: httpRemux,
    http_static: httpStatic,
    hls,
    dash,
    hds,
    dvr,
    http_hooks: httpHooks,
    security,
    refer,
    transcode,
    ingest,
    exec,
    bandcheck,
    rtc,
    srt,
  },
);
