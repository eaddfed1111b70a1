// Builds every part from one configuration, starts them in order, closes them in reverse. Which part takes over what
// when the configuration is reloaded is listed in `reloadParts`.

import { networkInterfaces } from 'node:os';
import type { ApiContext } from './api/api-context.ts';
import { HttpPorts } from './api/http-ports.ts';
import { pooledRandomBytes } from './bytes/random-pool.ts';
import { Cluster } from './cluster/cluster.ts';
import { isOwnStream } from './cluster/origin/cluster-answer.ts';
import type { Config } from './config/config.ts';
import type { RootSettings, VhostSettings } from './config/directives/table.ts';
import {
  edgeOptionsOf,
  forwardOptionsOf,
  originOptionsOf,
  ownApiPort,
  ownRtmpPort,
} from './config/options/cluster-options.ts';
import { dashOptions } from './config/options/dash-options.ts';
import { dvrOptions } from './config/options/dvr-options.ts';
import { hlsOptions } from './config/options/hls-options.ts';
import { ClientLines } from './connection/client-lines.ts';
import { ConnectionRegistry } from './connection/connection-registry.ts';
import type { HttpHost } from './connection/http/http-server.ts';
import { PublisherGrace } from './connection/publisher-grace.ts';
import { RtmpServer } from './connection/rtmp/rtmp-server.ts';
import { ViewerOutputs } from './connection/viewer-outputs.ts';
import { ListenerSet, type Port } from './lifecycle/listener-set.ts';
import type { Readiness } from './lifecycle/readiness.ts';
import { httpPart } from './lifecycle/reload/http-part.ts';
import { listenPart } from './lifecycle/reload/listen-part.ts';
import type { ReloadPart } from './lifecycle/reload/reload-part.ts';
import { connectionLimitPart, readAtUsePart } from './lifecycle/reload/root-parts.ts';
import { vhostPart } from './lifecycle/reload/vhost-part.ts';
import { vhostSections } from './lifecycle/reload/vhost-sections.ts';
import type { ReloadControl } from './lifecycle/reload-state.ts';
import { VhostTable } from './lifecycle/vhost-table.ts';
import { connectionId } from './log/connection-id.ts';
import type { Logger } from './log/logger.ts';
import type { ServerIdentity } from './media/metadata.ts';
import { DashOutput } from './output/dash/dash-output.ts';
import { DiskQueues } from './output/disk/disk-queue.ts';
import { DvrOutput } from './output/dvr/dvr-output.ts';
import { HlsOutput } from './output/hls/hls-output.ts';
import { isOwnAddress, ownAddress } from './stats/host/addresses.ts';
import { HostSampler } from './stats/host/host-sampler.ts';
import { Statistics } from './stats/statistics.ts';
import type { Stream } from './stream/stream.ts';
import type { StreamId } from './stream/stream-id.ts';
import { StreamRegistry } from './stream/stream-registry.ts';

/** What the process around the server gives it. */
export interface ServerSetup {
  /** The configuration in force: a reload replaces it. */
  readonly config: () => Config;
  readonly identity: ServerIdentity;
  /** `server_id`, or the id that is kept beside the pid file. */
  readonly serverId: () => string;
  readonly reload: ReloadControl;
  readonly readiness: Readiness;
  readonly log: Logger;
}

/** Something that works beside the streams and has files or children to finish: HLS, DVR, transcoders. */
export interface StreamWorker {
  /** Finishes them. May be called twice. */
  close(): Promise<void>;
}

export class Server {
  readonly #setup: ServerSetup;
  /** Of this process, for the API and for hooks. */
  readonly #serviceId = connectionId();
  readonly #log: Logger;
  readonly #connections: ConnectionRegistry;
  readonly #streams = new StreamRegistry();
  readonly #outputs = new ViewerOutputs();
  readonly #grace = new PublisherGrace();
  readonly #statistics = new Statistics({
    live: this.#streams,
    newId: () => `vid-${connectionId().slice(0, 7)}`,
    now: () => performance.now(),
  });
  readonly #vhosts: VhostTable;
  readonly #cluster: Cluster;
  readonly #sampler: HostSampler;
  readonly #clientLines: ClientLines;
  readonly #http: HttpPorts;
  readonly #listeners: ListenerSet;
  readonly #hls: HlsOutput;
  readonly #dvr: DvrOutput;
  readonly #dash: DashOutput;
  readonly #workers: readonly StreamWorker[];

  constructor(setup: ServerSetup) {
    this.#setup = setup;
    this.#log = setup.log;
    this.#connections = new ConnectionRegistry(setup.config().root.max_connections);
    this.#vhosts = new VhostTable(setup.config());
    const { config, log } = setup;
    const queues = new DiskQueues();
    this.#hls = new HlsOutput({ findOptions: optionsFinder(config, hlsOptions), queues, log });
    const findDvr = optionsFinder(config, dvrOptions);
    const allDvr = () => config().vhosts.flatMap(({ name }) => findDvr(name) ?? []);
    this.#dvr = new DvrOutput({ findOptions: findDvr, allOptions: allDvr, queues, log });
    this.#dash = new DashOutput({ findOptions: optionsFinder(config, dashOptions), queues, log });
    this.#streams.onPublish((stream) => this.#hls.attach(stream));
    this.#streams.onPublish((stream) => this.#dash.attach(stream));
    this.#streams.onPublish((stream) => this.#dvr.attach(stream));
    this.#workers = [this.#hls, this.#dash, this.#dvr];
    this.#cluster = new Cluster({
      edgeOf: (name) => edgeOptionsOf(setup.config(), name),
      forwardOf: (name) => forwardOptionsOf(setup.config(), name),
      originOf: (name) => originOptionsOf(setup.config(), name),
      nameServers: () => setup.config().root.resolver,
      ownApiPort: () => ownApiPort(setup.config()),
      ownRtmpPort: () => ownRtmpPort(setup.config()),
      findOwnStream: (id) => this.#findOwnStream(id),
      isOwnAddress: (address) => isOwnAddress(networkInterfaces(), address),
      identity: setup.identity,
      hookIdentity: () => ({ serverId: setup.serverId(), serviceId: this.#serviceId }),
      serverIp: ownAddress(networkInterfaces(), setup.config().stats.network),
      log: setup.log,
    });
    this.#streams.onPublish((stream) => this.#cluster.published(stream));
    const { enabled, disk } = setup.config().stats;
    this.#sampler = new HostSampler({ isEnabled: enabled, disks: disk });
    this.#clientLines = new ClientLines({
      statistics: this.#statistics,
      findVhost: (name) => this.#vhosts.find(name),
      intervalMs: () => setup.config().root.pithy_print_ms,
      log: setup.log,
      now: () => performance.now(),
    });
    this.#http = new HttpPorts(this.#host(), this.#apiContext(), setup.readiness);
    this.#listeners = new ListenerSet(setup.log);
  }

  /** What a reload changes, in SRS's order: before the vhosts come the parts of the process (pid file, log). */
  reloadParts(processParts: readonly ReloadPart[]): readonly ReloadPart[] {
    const running = {
      streams: this.#streams,
      outputs: this.#outputs,
      connections: this.#connections,
      grace: this.#grace,
      hls: this.#hls,
      dvr: this.#dvr,
      dash: this.#dash,
      cluster: this.#cluster,
    };
    return [
      listenPart(this.#listeners, (config) => this.#ports(config), this.#log),
      ...processParts,
      connectionLimitPart(this.#connections, this.#log),
      readAtUsePart(['utc_time', 'pithy_print_ms', 'resolver'], this.#log),
      httpPart(this.#log),
      vhostPart(this.#vhosts, vhostSections(running), this.#log),
    ];
  }

  /** Publishers and viewers: those whom a graceful quit waits for. */
  get servedConnections(): number {
    return this.#connections.servedCount;
  }

  /** Opens all listeners. Rejects with ListenError if one cannot be opened; the others are closed again. */
  async start(): Promise<void> {
    this.#statistics.start();
    this.#sampler.start();
    this.#clientLines.start();
    await this.#listeners.start(this.#ports(this.#setup.config()));
    this.#dvr.repairLeftOvers();
  }

  /** Nobody new comes in; the API is still asked. May be called twice. */
  closeMediaListeners(): void {
    this.#listeners.closeMedia();
    // Who leaves from here on cannot come back.
    this.#grace.close();
  }

  /** Edges of our own, and encoders that know Enhanced RTMP, look for another server before this one ends. */
  askClientsToLeave(): void {
    this.#cluster.leave();
    const count = this.#connections.askAllToLeave();
    if (count > 0) this.#log.trace(`asked ${count} conns to reconnect elsewhere`);
  }

  /** Finishes what is written or run beside the streams, whether their publishers are still there or not. */
  async finishStreams(): Promise<void> {
    this.#grace.close();
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  #findOwnStream({ vhost, app, stream: name }: StreamId): Stream | undefined {
    const found = this.#setup.config().findVhost(vhost)?.name;
    const stream = found === undefined ? undefined : this.#streams.find({ vhost: found, app, stream: name });
    return isOwnStream(stream) ? stream : undefined;
  }

  /** Closes listeners and connections. May be called twice. */
  close(reason: string): void {
    this.#listeners.close();
    this.#grace.close();
    this.#connections.closeAll(reason);
    this.#http.close();
    this.#cluster.close();
    this.#statistics.close();
    this.#sampler.close();
    this.#clientLines.close();
  }

  /** The ports that a configuration asks for, in the order in which they open. */
  #ports(config: Config): readonly Port[] {
    const rtmp: Port[] = config.root.listen.map((endpoint) => ({
      kind: 'RTMP',
      directive: 'listen',
      endpoint,
      isMedia: true,
      create: () =>
        new RtmpServer(
          { ...this.#host(), grace: this.#grace, randomBytes: pooledRandomBytes },
          this.#connections,
          this.#log,
        ),
    }));
    return [...rtmp, ...this.#http.ports(config)];
  }

  #apiContext(): ApiContext {
    const { config, identity, serverId, reload } = this.#setup;
    return {
      identity: {
        server: serverId,
        service: this.#serviceId,
        pid: String(process.pid),
        version: identity.version,
      },
      config,
      statistics: this.#statistics,
      streams: this.#streams,
      answerOwner: (question) => this.#cluster.answerOwner(question),
      connections: this.#connections,
      host: this.#sampler.sample,
      reload,
      log: this.#log,
    };
  }

  #host(): HttpHost {
    return {
      findVhost: (name) => this.#vhosts.find(name),
      streams: this.#streams,
      outputs: this.#outputs,
      statistics: this.#statistics,
      identity: this.#setup.identity,
      cluster: this.#cluster,
      hls: this.#hls,
      connections: this.#connections,
      log: this.#log,
    };
  }
}

/** The settings of an output for a vhost as the configuration in force has them: one object until that changes. */
function optionsFinder<T>(
  config: () => Config,
  optionsOf: (vhost: VhostSettings, root: RootSettings) => T | undefined,
): (vhost: string) => T | undefined {
  const known = new WeakMap<VhostSettings, T | undefined>();
  return (name) => {
    const vhost = config().findVhost(name);
    if (vhost === undefined) return undefined;
    if (!known.has(vhost)) known.set(vhost, optionsOf(vhost, config().root));
    return known.get(vhost);
  };
}
