// What the server reports about itself: heartbeat, system statistics, and SRS's cloud reporters (spec config 3.4).

import { block, flag, int, list, text, url } from './row.ts';

export const heartbeat = block(
  {
    says: 'Reports to a server of yours that this one is alive.',
    since: '1',
    reload: 'live',
    support: 'planned',
  },
  {
    enabled: flag(false, { says: 'Send heartbeats.', reload: 'restart', since: '1' }),
    interval: int(10, {
      says: 'Time between two heartbeats, whole seconds.',
      unit: 's',
      reload: 'restart',
      since: '1',
    }),
    url: url('http://127.0.0.1:8085/api/v1/servers', {
      says: 'Where to POST it.',
      reload: 'live',
      since: '1',
    }),
    device_id: text('', {
      says: 'Identity of the device in the report.',
      reload: 'live',
      since: '1',
      example: 'my-device',
    }),
    summaries: flag(false, { says: 'Add what /api/v1/summaries says.', reload: 'live', since: '1' }),
    ports: flag(false, { says: 'Add the ports this server listens on.', reload: 'live', since: '5' }),
  },
);

export const stats = block(
  { says: 'Sampling of the system: CPU, memory, network, disks.', since: '1', reload: 'live', env: false },
  {
    enabled: flag(true, { says: 'Sample them.', reload: 'restart', since: '4' }),
    network: int(0, {
      says: "Index of the network address that reports name as the server's own.",
      reload: 'live',
      since: '1',
    }),
    disk: list({
      says: 'Disks to watch, names as in /proc/diskstats.',
      reload: 'live',
      since: '1',
      example: 'sda sdb',
    }),
  },
);

export const tencentcloudCls = block(
  { says: 'Tencent Cloud log service.', since: '5', reload: 'restart', support: 'accepted', checked: false },
  {
    enabled: flag(false, { says: 'Send logs there.', reload: 'restart', since: '5' }),
    label: text('', { says: 'Label of the cluster.', reload: 'restart', since: '5', example: 'cn-beijing' }),
    tag: text('', { says: 'Tag of the cluster.', reload: 'restart', since: '5', example: 'cn-edge' }),
    secret_id: text('', { says: 'Secret id.', reload: 'restart', since: '5', example: 'id' }),
    secret_key: text('', { says: 'Secret key.', reload: 'restart', since: '5', example: 'key' }),
    endpoint: text('', {
      says: 'Host of the service.',
      reload: 'restart',
      since: '5',
      example: 'ap-guangzhou.cls.tencentcs.com',
    }),
    topic_id: text('', { says: 'Topic.', reload: 'restart', since: '5', example: 'topic' }),
    debug_logging: flag(false, { says: 'Log each sending.', reload: 'restart', since: '5' }),
    stat_heartbeat: flag(true, { says: 'Send the heartbeat statistics.', reload: 'restart', since: '5' }),
    heartbeat_ratio: int(1, { says: 'Interval of those, in steps of 5 s.', reload: 'restart', since: '5' }),
    stat_streams: flag(true, { says: 'Send the stream statistics.', reload: 'restart', since: '5' }),
    streams_ratio: int(1, { says: 'Interval of those, in steps of 5 s.', reload: 'restart', since: '5' }),
  },
);

export const tencentcloudApm = block(
  {
    says: 'Tencent Cloud performance management.',
    since: '5',
    reload: 'restart',
    support: 'accepted',
    checked: false,
  },
  {
    enabled: flag(false, { says: 'Send traces there.', reload: 'restart', since: '5' }),
    team: text('', { says: 'Team id.', reload: 'restart', since: '5', example: 'team' }),
    token: text('', { says: 'Token.', reload: 'restart', since: '5', example: 'token' }),
    endpoint: text('', {
      says: 'Host and port.',
      reload: 'restart',
      since: '5',
      example: 'ap-guangzhou.apm.tencentcs.com:55681',
    }),
    service_name: text('srs-server', { says: 'Name of the service.', reload: 'restart', since: '5' }),
    debug_logging: flag(false, { says: 'Log each sending.', reload: 'restart', since: '5' }),
  },
);
