// From the settings of a vhost, in SRS's words and units, to the options that the connections work with.

import type { VhostOptions } from '../../connection/vhost.ts';
import type { VhostSettings } from '../directives/table.ts';

/** Bytes of a GOP cache at most: a minute at 8 Mbps, ten seconds at 50. */
const GOP_CACHE_MAX_BYTES = 64 * 1024 * 1024;

/** The options of one vhost. */
export function vhostOptions(vhost: VhostSettings): VhostOptions {
  const { play, publish, http_remux: remux } = vhost;
  return {
    name: vhost.name,
    isEnabled: vhost.enabled,
    chunkSize: vhost.chunk_size,
    inAckSize: vhost.in_ack_size,
    outAckSize: vhost.out_ack_size,
    tcpNodelay: vhost.tcp_nodelay,
    play: {
      mergedWriteMs: vhost.min_latency ? 0 : Math.max(0, play.mw_latency),
      queueLengthMs: play.queue_length * 1000,
    },
    publish: {
      firstPacketTimeoutMs: publish.firstpkt_timeout,
      normalTimeoutMs: publish.normal_timeout,
      mergedReadMs: publish.mr && !vhost.min_latency ? publish.mr_latency : undefined,
      idleKickoffMs: publish.kickoff_for_idle * 1000,
    },
    httpRemux: {
      isEnabled: remux.enabled,
      mount: remux.mount,
      fastCacheMs: Math.max(0, remux.fast_cache * 1000),
      waitMs: waitMs(vhost),
    },
    stream: {
      hasGopCache: play.gop_cache,
      gopCacheMaxFrames: play.gop_cache_max_frames,
      gopCacheMaxBytes: GOP_CACHE_MAX_BYTES,
      hasPublisherTime: play.atc || play.time_jitter === 'off',
      reduceSequenceHeader: play.reduce_sequence_header,
    },
  };
}

/** A stream that has to be fetched from another server first is not there at once. */
const FETCH_MS = 5000;

function waitMs({ http_remux: { wait_for_stream: waitSec }, cluster }: VhostSettings): number | undefined {
  if (waitSec < 0) return undefined;
  const isFetched = cluster.mode === 'remote' || cluster.origin_cluster;
  return Math.max(waitSec * 1000, isFetched ? FETCH_MS : 0);
}
