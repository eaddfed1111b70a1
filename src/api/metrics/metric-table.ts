// What /metrics says: SRS's exporter first, under its names, then ours. No metric has a label that grows with
// streams or clients: a thousand streams must not be a thousand series.

import { arch, hostname, release, version as systemVersion, type } from 'node:os';
import type { Readiness } from '../../lifecycle/readiness.ts';
import type { ClientType } from '../../stats/client-statistics.ts';
import type { ApiContext } from '../api-context.ts';

export interface MetricSource {
  readonly context: ApiContext;
  readonly readiness: Readiness;
}

export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface MetricRow {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: (source: MetricSource) => number | readonly Sample[];
}

/** Those that are shown with 0, too: an alert on a missing series is no alert. */
const USUAL_CLIENTS: readonly ClientType[] = ['rtmp-play', 'flv-play', 'hls-play', 'fmle-publish'];
const UNAME_LABELS = ['sysname', 'nodename', 'release', 'version', 'machine'];
const BUILD_LABELS = ['server', 'service', 'pid', 'build_date', 'major', 'version', 'code', 'label', 'tag'];

export const metricTable: readonly MetricRow[] = [
  gauge(
    'srs_node_uname_info',
    'The system, as uname says.',
    () => [{ value: 1, labels: uname() }],
    UNAME_LABELS,
  ),
  gauge(
    'srs_build_info',
    'The server and its version.',
    ({ context }) => [{ value: 1, labels: build(context) }],
    BUILD_LABELS,
  ),
  gauge(
    'srs_cpu_percent',
    'CPU of the process, percent of one core.',
    ({ context }) => context.host.self.cpuShare * 100,
  ),
  gauge('srs_memory', 'Resident memory of the process, kB.', () =>
    Math.round(process.memoryUsage.rss() / 1024),
  ),
  counter('srs_send_bytes_total', 'Bytes sent.', ({ context }) => context.statistics.traffic.sentBytes),
  counter(
    'srs_receive_bytes_total',
    'Bytes received.',
    ({ context }) => context.statistics.traffic.receivedBytes,
  ),
  gauge('srs_streams', 'Streams now.', ({ context }) => context.statistics.streams.length),
  gauge(
    'srs_clients',
    'Clients now: publishers and viewers.',
    ({ context }) => context.statistics.clients.length,
  ),
  counter('srs_clients_total', 'Clients since the start.', ({ context }) => context.statistics.clientsTotal),
  counter(
    'srs_clients_errs_total',
    'Clients that were refused or given up since the start.',
    ({ context }) => {
      const { errors, refusedPublishes, refusedPlays } = context.statistics.counts;
      return errors + refusedPublishes + refusedPlays;
    },
  ),
  gauge('tsrs_clients', 'Clients now, by what they do.', ({ context }) => clientsByType(context), ['type']),
  gauge(
    'tsrs_published_streams',
    'Streams with a publisher now.',
    ({ context }) => context.statistics.streams.filter(({ isPublishing }) => isPublishing).length,
  ),
  gauge(
    'tsrs_connections',
    'Open TCP connections: max_connections counts them all.',
    ({ context }) => context.connections.size,
  ),
  gauge(
    'tsrs_connections_served',
    'Open connections of publishers and viewers: those a graceful quit waits for.',
    ({ context }) => context.connections.servedCount,
  ),
  gauge('tsrs_connections_limit', 'max_connections.', ({ context }) => context.connections.limit),
  gauge(
    'tsrs_send_bits_per_second',
    'Bits sent a second, mean of the last 30 s that are complete.',
    ({ context }) => context.statistics.traffic.sent.last30SecKbps * 1000,
  ),
  gauge(
    'tsrs_receive_bits_per_second',
    'Bits received a second, mean of the last 30 s that are complete.',
    ({ context }) => context.statistics.traffic.received.last30SecKbps * 1000,
  ),
  counter(
    'tsrs_publishes_total',
    'Publishes that were accepted.',
    ({ context }) => context.statistics.counts.publishes,
  ),
  counter('tsrs_plays_total', 'Plays that were accepted.', ({ context }) => context.statistics.counts.plays),
  counter(
    'tsrs_refusals_total',
    'Clients that were turned away, by what they asked for.',
    ({ context }) => {
      const { refusedPublishes, refusedPlays, refusedConnections } = context.statistics.counts;
      return [
        { value: refusedPublishes, labels: { action: 'publish' } },
        { value: refusedPlays, labels: { action: 'play' } },
        { value: refusedConnections, labels: { action: 'connect' } },
      ];
    },
    ['action'],
  ),
  counter(
    'tsrs_kicks_total',
    'Clients that were kicked off.',
    ({ context }) => context.statistics.counts.kicks,
  ),
  counter(
    'tsrs_errors_total',
    'Connections of any protocol that the server gave up (silent, broken or hostile peers), and HTTP requests that failed with 5xx.',
    ({ context }) => context.statistics.counts.errors,
  ),
  counter(
    'tsrs_viewer_skips_total',
    'Times that a viewer read too slowly and went on at a later key frame.',
    ({ context }) => context.statistics.counts.skips,
  ),
  counter(
    'tsrs_viewer_skipped_messages_total',
    'Audio and video messages that slow viewers have missed.',
    ({ context }) => context.statistics.counts.skippedMessages,
  ),
  gauge('tsrs_ready', '1 while new clients are welcome.', ({ readiness }) =>
    Number(readiness.state === 'ready'),
  ),
  gauge('tsrs_draining', '1 while the server quits.', ({ readiness }) =>
    Number(readiness.state === 'draining'),
  ),
  gauge(
    'tsrs_config_last_reload_successful',
    '0 while the configuration file is broken and an older one is in force.',
    ({ context }) => Number(!context.reload.state.isFailed),
  ),
  gauge(
    'tsrs_config_last_reload_success_timestamp_seconds',
    'When the configuration in force was taken over, Unix time.',
    ({ context }) => context.reload.state.lastSuccessMs / 1000,
  ),
  counter(
    'tsrs_config_reloads_total',
    'Reloads since the start.',
    ({ context }) => {
      const { successes, failures } = context.reload.state;
      return [
        { value: successes, labels: { result: 'success' } },
        { value: failures, labels: { result: 'failure' } },
      ];
    },
    ['result'],
  ),
];

function gauge(
  name: string,
  help: string,
  read: MetricRow['read'],
  labels: readonly string[] = [],
): MetricRow {
  return { name, type: 'gauge', help, labels, read };
}

function counter(
  name: string,
  help: string,
  read: MetricRow['read'],
  labels: readonly string[] = [],
): MetricRow {
  return { name, type: 'counter', help, labels, read };
}

function uname(): Readonly<Record<string, string>> {
  return {
    sysname: type(),
    nodename: hostname(),
    release: release(),
    version: systemVersion(),
    machine: arch() === 'x64' ? 'x86_64' : arch(),
  };
}

function build({ identity, config }: ApiContext): Readonly<Record<string, string>> {
  const { label, tag } = config().exporter;
  return {
    server: identity.server(),
    service: identity.service,
    pid: identity.pid,
    build_date: '',
    major: identity.version.split('.')[0] ?? '',
    version: identity.version,
    code: '',
    ...(label === '' ? {} : { label }),
    ...(tag === '' ? {} : { tag }),
  };
}

function clientsByType({ statistics }: ApiContext): readonly Sample[] {
  const counts = new Map<ClientType, number>(USUAL_CLIENTS.map((type) => [type, 0]));
  for (const { facts } of statistics.clients) counts.set(facts.type, (counts.get(facts.type) ?? 0) + 1);
  return [...counts].map(([type, value]) => ({ value, labels: { type } }));
}
