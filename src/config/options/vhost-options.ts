// From the settings of a vhost, in SRS's words and units, to the options that the connections work with.

import { extname } from 'node:path';
import type { HlsDelivery } from '../../connection/http/hls/hls-delivery.ts';
import type { VhostOptions } from '../../connection/vhost.ts';
import type { VhostSettings } from '../directives/table.ts';
import { accessOptions } from './access-options.ts';
import { followsMarks, segmentFileOf } from './hls-options.ts';

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
      correctsMix: play.mix_correct,
      graceMs: Math.max(0, publish.grace * 1000),
      idleKickoffMs: publish.kickoff_for_idle * 1000,
    },
    access: accessOptions(vhost),
    httpRemux: {
      isEnabled: remux.enabled,
      mount: remux.mount,
      fastCacheMs: Math.max(0, remux.fast_cache * 1000),
      waitMs: waitMs(vhost),
    },
    hls: hlsDelivery(vhost),
    stream: {
      hasGopCache: play.gop_cache,
      gopCacheMaxFrames: play.gop_cache_max_frames,
      gopCacheMaxBytes: GOP_CACHE_MAX_BYTES,
      hasPublisherTime: play.atc || play.time_jitter === 'off',
      hasPublisherTimeIfAsked: play.atc_auto,
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

/** A stream is fetched and cut so long after the last request for its playlist, ms; at least. */
const MIN_KEEP_MS = 15_000;
/** A session lives for so many playlist windows without a request, as in SRS. */
const SESSION_WINDOWS = 2;

/** Live streams have names as segments have them: `cam-1.ts` may be either. */
function isLiveMount({ http_remux: { enabled, mount }, hls }: VhostSettings): boolean {
  return enabled && extname(mount) === extname(segmentFileOf(hls));
}

function hlsDelivery(vhost: VhostSettings): HlsDelivery | undefined {
  const { hls, cluster } = vhost;
  if (!hls.enabled) return undefined;
  const isEdge = cluster.mode === 'remote';
  const hasDemand = isEdge || hls.hls_on_demand;
  // Three segments of the wanted length, or one without key frames.
  const startMs = Math.max(3, hls.hls_aof_ratio) * hls.hls_fragment * 1000;
  return {
    isInMemory: hls.hls_memory,
    folder: hls.hls_path,
    playlistFile: hls.hls_m3u8_file,
    segmentFile: followsMarks(vhost) && !isLiveMount(vhost) ? segmentFileOf(hls) : undefined,
    hasSessions: hls.hls_ctx,
    countsSegments: hls.hls_ts_ctx,
    sessionMs: SESSION_WINDOWS * hls.hls_window * 1000,
    waitMs: Math.max(hls.hls_wait_for_stream * 1000, isEdge ? FETCH_MS : 0),
    firstSegmentMs: hasDemand ? startMs : 0,
    demandMs: hasDemand ? Math.max(MIN_KEEP_MS, startMs) : 0,
  };
}
