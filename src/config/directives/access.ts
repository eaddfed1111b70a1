// Who may publish and play: hooks, address rules, referers, and SRS 4's bandwidth test (spec config 3.6).

import type { Facts } from './row.ts';
import { block, flag, float, int, lines, list, listOrAbsent, text } from './row.ts';

function hook(event: string): Facts {
  return {
    says: `URLs to POST to ${event}; each must answer 200 and 0 (or {"code":0}).`,
    reload: 'live',
    since: '1',
    example: 'http://127.0.0.1:8085/api/v1/hook',
  };
}

export const httpHooks = block(
  { says: 'HTTP callbacks to a server of yours.', since: '1', reload: 'live', support: 'planned' },
  {
    enabled: flag(false, { says: 'Call them.', reload: 'live', since: '1' }),
    on_connect: list(hook('when a client connects')),
    on_close: list(hook('when a client has gone')),
    on_publish: list(hook('when a stream is about to be published')),
    on_unpublish: list(hook('when a stream has ended')),
    on_play: list(hook('when a viewer asks for a stream')),
    on_stop: list(hook('when a viewer has stopped')),
    on_dvr: list(hook('when a recording is complete')),
    on_hls: list(hook('when an HLS segment is complete')),
    on_hls_notify: list({
      ...hook('when an HLS segment can be fetched'),
      says: 'URLs to GET for each HLS segment, with [ts_url] and other variables.',
    }),
  },
);

export const security = block(
  { says: 'Allow or deny by IP address.', since: '2', reload: 'live', env: false },
  {
    enabled: flag(false, { says: 'Apply the rules.', reload: 'live', since: '2' }),
    allow: lines({
      says: 'publish or play, and all, an address or a network; with any allow rule one of them must match.',
      reload: 'live',
      since: '2',
      example: 'play all',
    }),
    deny: lines({
      says: 'publish or play, and all, an address or a network; a rule that matches wins over allow.',
      reload: 'live',
      since: '2',
      example: 'publish 203.0.113.7',
    }),
  },
);

function referer(says: string): Facts {
  return { says, reload: 'live', since: '1', example: 'example.com example.org' };
}

export const refer = block(
  {
    says: 'Allow by the page that embeds the player.',
    since: '1',
    reload: 'live',
    env: false,
  },
  {
    enabled: flag(false, { says: 'Check it.', reload: 'live', since: '3' }),
    all: listOrAbsent(referer('Domains from which publishing and playing are allowed.')),
    publish: listOrAbsent(referer('Domains from which publishing is allowed.')),
    play: listOrAbsent(referer('Domains from which playing is allowed.')),
  },
);

export const bandcheck = block(
  {
    says: 'Bandwidth test of SRS 4 for its Flash page.',
    since: '1',
    reload: 'live',
    support: 'accepted',
    env: false,
  },
  {
    enabled: flag(false, { says: 'Serve only the bandwidth test.', reload: 'live', since: '1' }),
    key: text('', { says: 'Keys that may test.', reload: 'live', since: '1', example: 'secret' }),
    interval: float(30, { says: 'Time between two tests.', unit: 's', reload: 'live', since: '1' }),
    limit_kbps: int(1000, { says: 'Largest rate.', unit: 'kbps', reload: 'live', since: '1' }),
  },
);
