// Whether an RTMP peer may publish or play what it names, as far as this server alone can tell.

import { type AccessAction, refuseAccess } from '../../hooks/access-rules.ts';
import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { FindVhost, VhostOptions } from '../vhost.ts';

export interface Refusal {
  readonly type: 'refused';
  /** SRS's number. */
  readonly srsCode: number;
  /** Of the NetStream status that the peer gets. */
  readonly status: string;
  readonly description: string;
}

export type Admission = { readonly type: 'admitted'; readonly vhost: VhostOptions } | Refusal;

export interface Applicant {
  readonly action: AccessAction;
  readonly url: RtmpUrl;
  readonly ip: string;
  readonly pageUrl: string;
}

/** What it names must exist here, and `security` and `refer` of the vhost must let it in. */
export function admit({ action, url, ip, pageUrl }: Applicant, findVhost: FindVhost): Admission {
  const vhost = findVhost(url.vhost);
  if (vhost === undefined) return refuseName(action, `rtmp: no vhost ${url.vhost}`);
  if (!vhost.isEnabled) return refuseName(action, `rtmp: vhost ${url.vhost} disabled`);
  if (url.stream === '') {
    return refuseName(action, 'the stream name is empty: publish to or play rtmp://HOST/APP/STREAM');
  }
  const denial = refuseAccess(vhost.access, { action, ip, pageUrl });
  if (denial === undefined) return { type: 'admitted', vhost };
  const status = action === 'publish' ? 'NetStream.Publish.Denied' : 'NetStream.Play.Failed';
  return { type: 'refused', srsCode: denial.code, status, description: denial.text };
}

function refuseName(action: AccessAction, description: string): Refusal {
  return action === 'publish'
    ? { type: 'refused', srsCode: 1028, status: 'NetStream.Publish.BadName', description }
    : { type: 'refused', srsCode: 2014, status: 'NetStream.Play.StreamNotFound', description };
}
