// Why a publish or play is refused before anybody else is asked.

import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { FindVhost } from '../vhost.ts';

/** Of a URL whose vhost is not served. */
export function vhostRefusal(findVhost: FindVhost, url: RtmpUrl): string {
  const isDisabled = findVhost(url.vhost) !== undefined;
  return isDisabled ? `rtmp: vhost ${url.vhost} disabled` : `rtmp: no vhost ${url.vhost}`;
}

/** @returns undefined if the URL names a stream */
export function streamRefusal(url: RtmpUrl): string | undefined {
  return url.stream === ''
    ? 'the stream name is empty: publish to or play rtmp://HOST/APP/STREAM'
    : undefined;
}
