// SRT: accepted so that files of SRS load, not built (spec config 3.5).

import type { Facts } from './row.ts';
import { block, flag, int, text } from './row.ts';

function v4(says: string, rest: Partial<Facts> = {}): Facts {
  return { says, reload: 'restart', since: '4', ...rest };
}

export const srtServer = block(
  { says: 'SRT server.', since: '4', reload: 'restart', support: 'accepted', label: 'srt_stream' },
  {
    enabled: flag(false, v4('Serve SRT.')),
    listen: int(10080, v4('UDP port.')),
    maxbw: int(-1, v4('Largest bandwidth of a sender in bytes/s, -1 without limit.')),
    mss: int(1500, v4('Largest segment.', { unit: 'bytes' })),
    connect_timeout: int(3000, v4('Time to connect.', { unit: 'ms' })),
    peer_idle_timeout: int(10000, v4('Silence after which a peer is dropped.', { unit: 'ms', since: '6' })),
    latency: int(120, v4('Latency for both directions.', { unit: 'ms' })),
    recvlatency: int(120, v4('Latency of receiving.', { unit: 'ms' })),
    peerlatency: int(0, v4('Latency asked of the peer.', { unit: 'ms' })),
    tsbpdmode: flag(true, v4('Deliver packets by their timestamps.', { since: '5' })),
    tlpktdrop: flag(true, v4('Drop packets that are too late; SRS 4 spelt it tlpkdrop.', { since: '5' })),
    sendbuf: int(8192 * 1472, v4('Send buffer.', { unit: 'bytes' })),
    recvbuf: int(8192 * 1472, v4('Receive buffer.', { unit: 'bytes' })),
    payloadsize: int(1316, v4('Payload of a packet.', { unit: 'bytes' })),
    passphrase: text('', v4('Passphrase of 10 to 79 characters.', { since: '5', example: 'correct-horse' })),
    pbkeylen: int(0, v4('Key length: 0, 16, 24 or 32.', { unit: 'bytes', since: '5' })),
    default_app: text('live', v4('App of streams that name none.')),
    mix_correct: flag(true, v4('Correct the order of audio and video.', { env: false })),
    sei_filter: flag(true, v4('Drop SEI.')),
  },
);

export const srt = block(
  { says: 'SRT of this vhost.', since: '5', reload: 'restart', support: 'accepted' },
  {
    enabled: flag(false, { says: 'Accept SRT.', reload: 'restart', since: '5' }),
    srt_to_rtmp: flag(true, {
      says: 'Turn SRT streams into RTMP streams.',
      reload: 'restart',
      since: '5',
      env: ['SRS_VHOST_SRT_SRT_TO_RTMP', 'SRS_VHOST_SRT_TO_RTMP'],
    }),
  },
);
