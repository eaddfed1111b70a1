// Where a player gets its stream: here, or at the origin that publishes it.

import type { RedirectTarget } from '../../protocol/rtmp/server-replies.ts';
import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { StreamId } from '../../stream/stream-id.ts';
import type { StreamRegistry } from '../../stream/stream-registry.ts';
import type { ClusterGate } from '../cluster-gate.ts';

export type PlayPlace =
  | { readonly type: 'here' }
  | { readonly type: 'elsewhere'; readonly target: RedirectTarget }
  | { readonly type: 'nowhere' };

export interface PlayQuestion {
  readonly id: StreamId;
  readonly url: RtmpUrl;
  /** The player is another server: those follow redirects. */
  readonly isServer: boolean;
}

const HERE: PlayPlace = { type: 'here' };

/** A stream that is published here is played here at once; for others the other origins may have to be asked. */
export function findPlayPlace(
  question: PlayQuestion,
  streams: StreamRegistry,
  cluster: ClusterGate,
): PlayPlace | Promise<PlayPlace> {
  const { id, url, isServer } = question;
  const isPublishedHere = () => streams.find(id)?.isPublishing === true;
  if (isPublishedHere()) return HERE;
  return (
    cluster.findOwner(id, url)?.then((answer): PlayPlace => {
      // It may have come here meanwhile.
      if (isPublishedHere() || (answer?.canRelay === true && !isServer)) return HERE;
      return answer === undefined ? { type: 'nowhere' } : { type: 'elsewhere', target: answer.target };
    }) ?? HERE
  );
}
