// WebRTC: accepted so that files of SRS load, not built (spec config 3.5).

import type { Facts } from './row.ts';
import { block, flag, float, int, path, text, word } from './row.ts';

function v4(says: string, rest: Partial<Facts> = {}): Facts {
  return { says, reload: 'restart', since: '4', ...rest };
}

export const rtcServer = block(
  { says: 'WebRTC server.', since: '4', reload: 'restart', support: 'accepted' },
  {
    enabled: flag(false, v4('Serve WebRTC.')),
    listen: int(8000, v4('UDP port.')),
    dir: path('', v4('Not used by SRS either.', { env: false, example: './objs' })),
    candidate: text('*', v4('Address told to peers; * is every own one, $NAME is taken from that variable.')),
    ip_family: word(['ipv4', 'ipv6', 'all'], 'ipv4', 'ipv4', v4('Addresses found by * are of this family.')),
    protocol: word(['udp', 'tcp', 'all'], 'udp', 'udp', v4('Transports told to peers.', { since: '5' })),
    api_as_candidates: flag(true, v4('The host of the API request is a candidate.')),
    resolve_api_domain: flag(true, v4('Its name is resolved.')),
    keep_api_domain: flag(false, v4('Its name is told as well.')),
    use_auto_detect_network_ip: flag(true, v4('Own addresses are candidates.')),
    ecdsa: flag(true, v4('ECDSA certificate instead of RSA.')),
    encrypt: flag(true, v4('Encrypt RTP.')),
    reuseport: int(1, v4('Number of sockets on the port.')),
    merge_nalus: flag(false, v4('Merge NAL units into one packet.')),
    tcp: block(
      { says: 'WebRTC over TCP.', since: '5', reload: 'restart', support: 'accepted', checked: false },
      {
        enabled: flag(false, v4('Serve it.', { since: '5' })),
        listen: int(8000, v4('TCP port.', { since: '5' })),
      },
    ),
    black_hole: block(
      {
        says: 'Copies plain packets to an address, for debugging.',
        since: '4',
        reload: 'restart',
        support: 'accepted',
        checked: false,
      },
      {
        enabled: flag(false, v4('Copy them.')),
        addr: text('', v4('HOST:PORT.', { example: '127.0.0.1:10000' })),
      },
    ),
  },
);

export const rtc = block(
  { says: 'WebRTC of this vhost.', since: '4', reload: 'restart', support: 'accepted' },
  {
    enabled: flag(false, v4('Accept WebRTC.')),
    nack: flag(true, v4('Ask for lost packets.')),
    nack_no_copy: flag(true, v4('Keep sent packets without a copy.')),
    twcc: flag(true, v4('Transport-wide congestion control.')),
    stun_timeout: int(30, v4('Silence that ends a session.', { unit: 's' })),
    stun_strict_check: flag(false, v4('Check STUN requests strictly.')),
    dtls_role: word(['passive', 'active'], 'passive', 'passive', v4('DTLS role.')),
    dtls_version: word(['auto', 'dtls1.0', 'dtls1.2'], 'auto', 'auto', v4('DTLS version.')),
    drop_for_pt: int(0, v4('Drop packets of this payload type, 0 drops none.')),
    rtmp_to_rtc: flag(false, v4('Turn RTMP streams into WebRTC.')),
    keep_bframe: flag(false, v4('Keep B frames.')),
    keep_avc_nalu_sei: flag(true, v4('Keep SEI.', { since: '5' })),
    rtc_to_rtmp: flag(false, v4('Turn WebRTC streams into RTMP.')),
    pli_for_rtmp: float(6, v4('Interval of key-frame requests, 0.5 to 30.', { unit: 's' })),
    opus_bitrate: int(48000, v4('Bitrate of transcoded Opus in bit/s, 8000 to 320000.', { since: '5' })),
    aac_bitrate: int(48000, v4('Bitrate of transcoded AAC in bit/s, 8000 to 320000.', { since: '5' })),
  },
);
