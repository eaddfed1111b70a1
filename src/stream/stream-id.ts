// The name of a stream: virtual host, application and stream, as RTMP and HTTP URLs spell it.

export const DEFAULT_VHOST = '__defaultVhost__';

export interface StreamId {
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
}

/** `/app/stream` on the default vhost, `vhost/app/stream` elsewhere: the key of SRS's logs and API. */
export function streamUrl(id: StreamId): string {
  const vhost = id.vhost === DEFAULT_VHOST ? '' : id.vhost;
  return `${vhost}/${id.app}/${id.stream}`;
}
