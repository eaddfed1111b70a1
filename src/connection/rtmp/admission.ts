// Whether an RTMP peer may publish or play what it names: as far as this server alone can tell, and then as far as
// the origin says, if it is to be asked.

import { type AccessAction, refuseAccess } from '../../hooks/access-rules.ts';
import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { VhostOptions } from '../vhost.ts';
import type { RtmpPeer } from './rtmp-peer.ts';

export interface Refusal {
  readonly type: 'refused';
  /** SRS's number. */
  readonly srsCode: number;
  /** Of the NetStream status that the peer gets. */
  readonly status: string;
  readonly description: string;
}

export type Admission = { readonly type: 'admitted'; readonly vhost: VhostOptions } | Refusal;

/** What it names must exist here, and `security` and `refer` of the vhost must let it in. */
export function admit(action: AccessAction, url: RtmpUrl, peer: RtmpPeer): Admission {
  const vhost = peer.host.findVhost(url.vhost);
  if (vhost === undefined) return refuseName(action, `rtmp: no vhost ${url.vhost}`);
  if (!vhost.isEnabled) return refuseName(action, `rtmp: vhost ${url.vhost} disabled`);
  if (url.stream === '') {
    return refuseName(action, 'the stream name is empty: publish to or play rtmp://HOST/APP/STREAM');
  }
  const { remoteAddress: ip, connect } = peer;
  const denial = refuseAccess(vhost.access, { action, ip, pageUrl: connect?.pageUrl ?? '' });
  if (denial === undefined) return { type: 'admitted', vhost };
  const status = action === 'publish' ? 'NetStream.Publish.Denied' : 'NetStream.Play.Failed';
  return { type: 'refused', srsCode: denial.code, status, description: denial.text };
}

function refuseName(action: AccessAction, description: string): Refusal {
  return action === 'publish'
    ? { type: 'refused', srsCode: 1028, status: 'NetStream.Publish.BadName', description }
    : { type: 'refused', srsCode: 2014, status: 'NetStream.Play.StreamNotFound', description };
}

export interface OriginVerdict {
  admitted(): void;
  refused(reason: string): void;
}

/**
 * Asks the origin of an edge vhost, if that is wanted (`token_traverse`); otherwise the peer is admitted at once.
 * No verdict comes once the connection closes.
 */
export function ifOriginAdmits(peer: RtmpPeer, vhost: VhostOptions, verdict: OriginVerdict): void {
  const { tcUrl = '', pageUrl = '', swfUrl = '', args, url } = peer.connect ?? {};
  const client = { tcUrl, app: url?.app ?? '', pageUrl, swfUrl, args };
  const check = peer.host.cluster.checkClient(vhost.name, client);
  if (check === undefined) {
    verdict.admitted();
    return;
  }
  void check.then((answer) => {
    if (peer.isClosing) return;
    if (answer.type === 'admitted') verdict.admitted();
    else verdict.refused(answer.reason);
  });
}
