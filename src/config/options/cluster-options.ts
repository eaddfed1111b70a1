// From the cluster settings of a vhost, in SRS's words, to what edge, forward and origin cluster work with.

import type { EdgeOptions } from '../../cluster/edge/edge-options.ts';
import type { ForwardOptions } from '../../cluster/forward/forwards.ts';
import type { OriginOptions } from '../../cluster/origin/origin-cluster.ts';
import type { Config } from '../config.ts';
import type { VhostSettings } from '../directives/table.ts';
import { fragmentMsOf } from './hls-options.ts';

/** @returns undefined if there is no vhost of exactly that name, or it is no edge */
export function edgeOptionsOf(config: Config, name: string): EdgeOptions | undefined {
  const vhost = config.findVhost(name);
  return vhost?.name === name && vhost.cluster.mode === 'remote' ? edgeOptions(vhost) : undefined;
}

function edgeOptions({ cluster, hls, chunk_size: chunkSize }: VhostSettings): EdgeOptions {
  const cutsOnDemand = hls.enabled && hls.hls_on_demand;
  return {
    origins: cluster.origin,
    vhostTemplate: cluster.vhost,
    protocol: cluster.protocol,
    followsClient: cluster.follow_client,
    traversesTokens: cluster.token_traverse,
    hasIdentity: cluster.debug_srs_upnode,
    chunkSize,
    markFragmentMs: cutsOnDemand ? fragmentMsOf(hls) : undefined,
  };
}

/** @returns undefined if there is no vhost of exactly that name, or it forwards nothing */
export function forwardOptionsOf(config: Config, name: string): ForwardOptions | undefined {
  const vhost = config.findVhost(name);
  if (vhost?.name !== name || !vhost.forward.enabled) return undefined;
  return {
    destinations: vhost.forward.destination,
    backend: vhost.forward.backend,
    hasIdentity: vhost.cluster.debug_srs_upnode,
    chunkSize: vhost.chunk_size,
  };
}

/** @returns undefined if there is no vhost of exactly that name, or it is no part of an origin cluster */
export function originOptionsOf(config: Config, name: string): OriginOptions | undefined {
  const vhost = config.findVhost(name);
  if (vhost?.name !== name || vhost.cluster.mode === 'remote' || !vhost.cluster.origin_cluster)
    return undefined;
  const {
    coworkers,
    relay: hasRelay,
    http_redirect: hasHttpRedirect,
    publish_conflict: conflict,
    debug_srs_upnode: hasIdentity,
  } = vhost.cluster;
  return { coworkers, hasRelay, hasHttpRedirect, conflict, hasIdentity, chunkSize: vhost.chunk_size };
}

/** 0 if this server has no API. */
export function ownApiPort({ http_api: api }: Config): number {
  return api.enabled ? api.listen.port : 0;
}

export function ownRtmpPort({ root }: Config): number {
  return root.listen[0]?.port ?? 1935;
}
