// What changed directives of a vhost do to its running streams, their viewers and its open connections.

import type { Cluster } from '../../cluster/cluster.ts';
import type { ConnectionRegistry } from '../../connection/connection-registry.ts';
import type { PublisherGrace } from '../../connection/publisher-grace.ts';
import type { ViewerOutputs } from '../../connection/viewer-outputs.ts';
import type { DashOutput } from '../../output/dash/dash-output.ts';
import type { DvrOutput } from '../../output/dvr/dvr-output.ts';
import type { HlsOutput } from '../../output/hls/hls-output.ts';
import type { Stream } from '../../stream/stream.ts';
import type { StreamRegistry } from '../../stream/stream-registry.ts';
import type { VhostChange, VhostSection } from './vhost-part.ts';

/** What runs, and can be changed while it does. */
export interface RunningParts {
  readonly streams: StreamRegistry;
  readonly outputs: ViewerOutputs;
  readonly connections: ConnectionRegistry;
  readonly grace: PublisherGrace;
  readonly hls: HlsOutput;
  readonly dvr: DvrOutput;
  readonly dash: DashOutput;
  readonly cluster: Cluster;
}

/** In the order of SRS. */
export function vhostSections(running: RunningParts): readonly VhostSection[] {
  const { connections } = running;
  const toConnections = ({ options }: VhostChange) => connections.configure(options);
  return [
    { name: 'cluster', apply: ({ name }) => running.cluster.reload(name) },
    { name: 'chunk_size', apply: () => {} },
    { name: 'tcp_nodelay', apply: toConnections },
    { name: 'min_latency', apply: (change) => configureStreams(running, change) },
    { name: 'play', apply: (change) => applyPlay(running, change) },
    { name: 'forward', apply: (change) => applyForward(running, change) },
    { name: 'dash', apply: (change) => applyDash(running, change) },
    { name: 'hls', apply: (change) => applyHls(running, change) },
    { name: 'dvr', apply: (change) => applyDvr(running, change) },
    { name: 'publish', apply: (change) => applyPublish(running, change) },
    { name: 'http_static', apply: () => {} },
    { name: 'http_remux', apply: (change) => applyHttpRemux(connections, change) },
  ];
}

function configureStreams(running: RunningParts, change: VhostChange): void {
  for (const stream of streamsOf(running, change.name)) {
    stream.configure(change.options.stream);
    running.outputs.configure(stream, change.options);
  }
}

function applyPlay(running: RunningParts, change: VhostChange): void {
  const { name, before, after, log } = change;
  configureStreams(running, change);
  if (before.play.gop_cache === after.play.gop_cache) return;
  for (const { url } of streamsOf(running, name)) {
    log.trace(`vhost ${name} gop_cache changed to ${Number(after.play.gop_cache)}, source url=${url}`);
  }
}

/** Streams that wait for their publisher end with the grace. */
function applyPublish({ connections, grace }: RunningParts, { options }: VhostChange): void {
  connections.configure(options);
  grace.configure(options);
}

/** Streams that are published already go to the destinations of now. */
function applyForward(running: RunningParts, { name, log }: VhostChange): void {
  const live = streamsOf(running, name).filter((stream) => stream.isPublishing);
  for (const stream of live) running.cluster.forward(stream);
  if (live.length > 0) log.trace(`vhost ${name} forwarders reload success`);
}

/** The segments of live streams go on with the new settings; files of a stream that HLS is off for now stay. */
function applyHls(running: RunningParts, { name, log }: VhostChange): void {
  const live = streamsOf(running, name).filter((stream) => stream.isPublishing);
  running.hls.reload(live);
  for (const _ of live) log.trace(`vhost ${name} hls reload success`);
}

/** Live streams start anew with the new settings. */
function applyDash(running: RunningParts, { name }: VhostChange): void {
  running.dash.reload(streamsOf(running, name).filter((stream) => stream.isPublishing));
}

/** What is recorded goes on in another file; nothing of the stream is lost in between. */
function applyDvr(running: RunningParts, { name, log }: VhostChange): void {
  const live = streamsOf(running, name).filter((stream) => stream.isPublishing);
  running.dvr.reload(live);
  for (const _ of live) log.trace(`vhost ${name} dvr reload success`);
}

/** Switched off, it ends its viewers; switched on, the streams that run are served at once. */
function applyHttpRemux(connections: ConnectionRegistry, { name, options, log }: VhostChange): void {
  connections.configure(options);
  log.trace(`vhost ${name} http_remux reload success`);
}

function streamsOf({ streams }: RunningParts, vhost: string): readonly Stream[] {
  return [...streams.values()].filter(({ id }) => id.vhost === vhost);
}
