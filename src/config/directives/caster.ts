// stream_caster: servers for streams pushed by other protocols (spec config 3.5).

import type { Facts } from './row.ts';
import { block, blocks, flag, float, int, text, url, word } from './row.ts';

const unused: Omit<Facts, 'says'> = { reload: 'restart', since: '4', support: 'accepted' };

const sip = block(
  {
    says: 'SIP signalling of the gb28181 caster.',
    since: '4',
    reload: 'restart',
    support: 'accepted',
    label: 'stream_caster',
  },
  {
    enabled: flag(true, { says: 'Serve SIP.', ...unused }),
    listen: int(5060, { says: 'Port of SIP.', ...unused }),
    timeout: float(60, { says: 'Time-out of a SIP session.', unit: 's', reload: 'restart', since: '5' }),
    reinvite: float(5, {
      says: 'Delay before a device is invited again.',
      unit: 's',
      reload: 'restart',
      since: '5',
    }),
    candidate: text('*', { says: 'Address told to devices.', reload: 'restart', since: '5' }),
  },
);

export const streamCaster = blocks(
  '',
  {
    says: 'A server that turns pushed streams into RTMP.',
    since: '2',
    reload: 'restart',
    support: 'accepted',
    env: false,
  },
  {
    enabled: flag(false, { says: 'Start it.', reload: 'restart', since: '2' }),
    caster: word(['mpegts_over_udp', 'flv', 'gb28181', 'rtsp', ''], '', '', {
      says: 'Kind of stream: MPEG-TS over UDP, FLV by HTTP POST, or GB28181.',
      reload: 'restart',
      since: '2',
      example: 'mpegts_over_udp',
    }),
    output: url('', {
      says: 'RTMP address the stream goes to.',
      reload: 'restart',
      since: '2',
      example: 'rtmp://127.0.0.1/live/livestream',
    }),
    listen: int(0, { says: 'Port, without an address.', reload: 'restart', since: '2', example: '8935' }),
    sip,
  },
);
