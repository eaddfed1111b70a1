// What SRS refuses besides unknown names (spec config 3.7), and combinations that cannot work, in the order of SRS.

import { isAddressRule } from '../../hooks/access-rules.ts';
import type { Config } from '../config.ts';
import type { VhostSettings } from '../directives/table.ts';
import { endpointFault } from '../endpoint.ts';
import type { Directive } from '../syntax/tree.ts';
import { childrenNamed, firstChild } from '../syntax/tree.ts';
import { endpointMisreading } from '../value.ts';
import { isRootName } from './names.ts';
import { positionOf, startOf } from './position.ts';
import type { Report } from './report.ts';
import { lookalikeAdvice } from './typography.ts';

/** Facts about the machine that some rules compare with. */
export interface Host {
  /** Soft limit of open files of this process (RLIMIT_NOFILE), undefined when unknown. */
  readonly openFiles?: number | undefined;
  /** Number of addresses of this machine that are not loopback, undefined when unknown. */
  readonly addresses?: number | undefined;
}

/** Rows 7 and 8. Without a file (-e) there may be no RTMP listener. */
export function checkListen({ root, file }: Config, tree: Directive, report: Report): void {
  if (root.listen.length === 0 && file !== '') {
    const at = positionOf(tree, ['listen']);
    report.refuse(
      'missing-directive',
      at,
      'listen requires params',
      'there is no default port: add listen 1935;',
    );
  }
  const directive = firstChild(tree, 'listen');
  for (const [i, endpoint] of root.listen.entries()) {
    const fault = endpointFault(endpoint);
    if (fault === undefined) {
      const misread = endpointMisreading('listen', endpoint.text);
      if (misread)
        report.warn('misread-value', positionOf(tree, ['listen'], i), misread.message, misread.hint);
      continue;
    }
    const isSwallowed = i > 0 && isRootName(endpoint.text);
    const before = directive?.args[i - 1];
    const hint =
      isSwallowed && before !== undefined
        ? swallowedAdvice(endpoint.text, before)
        : adviceForEndpoint(endpoint.text);
    report.refuse(
      isSwallowed ? 'lost-semicolon' : 'invalid-value',
      positionOf(tree, ['listen'], i),
      fault,
      hint,
    );
    if (isSwallowed) return;
  }
}

function swallowedAdvice(word: string, before: string): string {
  return lookalikeAdvice(before) ?? `"${word}" is read as an endpoint: missing ; after "${before}"?`;
}

function adviceForEndpoint(text: string): string {
  return `"${text}" should be [IP:]PORT with a numeric address and a port of 1 to 65535`;
}

/** Ports of HTTP listeners: SRS takes any word, and a word without digits is port 0, a random one. */
export function checkHttpEndpoints(config: Config, tree: Directive, report: Report): void {
  const listeners = {
    http_api: config.http_api,
    'http_api.https': config.http_api.https,
    http_server: config.http_server,
    'http_server.https': config.http_server.https,
    exporter: config.exporter,
  };
  for (const [name, { enabled, listen }] of Object.entries(listeners)) {
    const fault = listen.text.endsWith('0') && listen.port === 0 ? undefined : endpointFault(listen);
    if (fault === undefined) continue;
    const at = positionOf(tree, [...name.split('.'), 'listen'], 0);
    const message = `${name}.${fault}`;
    if (enabled) report.refuse('invalid-value', at, message, adviceForEndpoint(listen.text));
    else report.warn('misread-value', at, message, adviceForEndpoint(listen.text));
  }
}

/** Rows 9 and 10. */
export function checkStatistics(config: Config, tree: Directive, host: Host, report: Report): void {
  const interval = config.heartbeat.interval;
  if (interval <= 0) {
    const at = positionOf(tree, ['heartbeat', 'interval'], 0);
    report.refuse(
      'invalid-value',
      at,
      `invalid heartbeat.interval=${interval * 1_000_000}`,
      'whole seconds, at least 1',
    );
  }
  const { network } = config.stats;
  const at = positionOf(tree, ['stats', 'network'], 0);
  if (network < 0) report.refuse('invalid-value', at, `invalid stats.network=${network}`, 'an index from 0');
  // Without addresses index 0 is refused by SRS; only a written index is, here: a server needs no network to start.
  const isWritten = firstChild(firstChild(tree, 'stats'), 'network') !== undefined;
  if (isWritten && host.addresses !== undefined && network >= host.addresses) {
    const hint = `this machine has ${host.addresses} address(es), the first is 0`;
    report.refuse('invalid-value', at, `invalid stats.network=${network} of ${host.addresses}`, hint);
  }
}

/** Row 11, the half that SRS 4 lets pass: HTTPS without HTTP. */
export function checkHttpsAlone(
  { http_api: api, http_server: server }: Config,
  tree: Directive,
  report: Report,
): void {
  if (api.https.enabled && !api.enabled) {
    report.warn(
      'conflict',
      positionOf(tree, ['http_api', 'https']),
      'https api depends on http',
      'add enabled on; to http_api',
    );
  }
  if (server.https.enabled && !server.enabled) {
    const hint = 'add enabled on; to http_server';
    report.warn('conflict', positionOf(tree, ['http_server', 'https']), 'https stream depends on http', hint);
  }
}

/** Rows 17 and 18 for every vhost. */
export function checkVhosts(config: Config, tree: Directive, report: Report): void {
  for (const [vhost, directive] of vhostsOf(config, tree)) checkKickoff(vhost, directive, report);
  for (const directive of childrenNamed(tree, 'vhost')) checkIngestIds(directive, report);
}

/** Settings of a vhost that contradict each other: row 16, a plan that SRS fails on later, a cluster without peers. */
export function checkVhostSense(config: Config, tree: Directive, report: Report): void {
  for (const [vhost, directive] of vhostsOf(config, tree)) {
    checkHlsAgainstTs(vhost, directive, report);
    checkDvrPlan(vhost, directive, report);
    checkCluster(vhost, directive, report);
    checkSecurity(vhost, directive, report);
  }
}

/** The vhosts that count, with their directives. */
function vhostsOf(config: Config, tree: Directive): readonly (readonly [VhostSettings, Directive])[] {
  const directives = childrenNamed(tree, 'vhost');
  return config.vhosts.flatMap((vhost) => {
    const directive = directives.find((one) => (one.args[0] ?? '') === vhost.name);
    return directive === undefined ? [] : [[vhost, directive] as const];
  });
}

/** SRS 4 lets this pass and both write .ts files under one URL. */
function checkHlsAgainstTs(vhost: VhostSettings, directive: Directive, report: Report): void {
  const isTs = vhost.http_remux.enabled && vhost.http_remux.mount.endsWith('.ts');
  if (!vhost.hls.enabled || !isTs) return;
  const message = `vhost.hls conflict with vhost.http-ts of ${vhost.name}`;
  report.warn(
    'conflict',
    positionOf(directive, ['http_remux', 'mount']),
    message,
    'SRS 5 and later refuse this',
  );
}

function checkKickoff(vhost: VhostSettings, directive: Directive, report: Report): void {
  if (!vhost.forward.enabled || vhost.publish.kickoff_for_idle === 0) return;
  const core = 'vhost.forward conflicts with vhost.publish.kickoff_for_idle';
  report.refuse(
    'conflict',
    positionOf(directive, ['publish', 'kickoff_for_idle']),
    core,
    'a forwarded stream has no viewers here',
  );
}

function checkDvrPlan(vhost: VhostSettings, directive: Directive, report: Report): void {
  const plan = firstChild(firstChild(directive, 'dvr'), 'dvr_plan')?.args[0];
  if (!vhost.dvr.enabled || plan === undefined || plan === 'session' || plan === 'segment') return;
  const core = `illegal plan=${plan}, vhost=${vhost.name}`;
  report.refuse(
    'invalid-value',
    positionOf(directive, ['dvr', 'dvr_plan'], 0),
    core,
    'allowed: session, segment',
  );
}

function checkCluster(vhost: VhostSettings, directive: Directive, report: Report): void {
  const { mode, origin, origin_cluster, coworkers } = vhost.cluster;
  const at = positionOf(directive, ['cluster']);
  if (mode === 'remote' && origin.length === 0) {
    report.warn(
      'conflict',
      at,
      `cluster of ${vhost.name}: mode remote without origin`,
      'add origin HOST[:PORT];',
    );
  }
  if (mode === 'remote' && origin_cluster) {
    report.warn('conflict', at, `cluster of ${vhost.name}: mode remote wins over origin_cluster on`);
  }
  if (mode !== 'remote' && origin_cluster && coworkers.length === 0) {
    const message = `cluster of ${vhost.name}: origin_cluster on without coworkers`;
    report.warn('conflict', at, message, 'add coworkers HOST[:PORT] ...;');
  }
}

function checkIngestIds(vhost: Directive, report: Report): void {
  const seen = new Set<string>();
  for (const ingest of childrenNamed(vhost, 'ingest')) {
    const id = ingest.args[0] ?? '';
    if (seen.has(id)) {
      const core = `ingest id=${id} exists for ${vhost.args[0] ?? ''}`;
      report.refuse('duplicate', ingest.at, core, 'every ingest of a vhost needs an id of its own');
    }
    seen.add(id);
  }
}

/** Row 20. */
export function checkProcess({ root }: Config, tree: Directive, report: Report): void {
  if (!root.asprocess || !root.daemon) return;
  report.refuse(
    'conflict',
    positionOf(tree, ['asprocess']),
    'daemon conflicts with asprocess',
    'add daemon off;',
  );
}

/** Row 21: SRS 4 counts the descriptors it needs besides the connections (spec config 4). */
export function checkConnections({ root }: Config, tree: Directive, host: Host, report: Report): void {
  const max = root.max_connections;
  const at = positionOf(tree, ['max_connections'], 0);
  const chain = 'check connections : ';
  if (max <= 0) {
    report.refuse('invalid-value', at, `max_connections=${max} is invalid`, 'at least 1', chain);
    return;
  }
  const used = root.listen.length + 2 + (root.srs_log_tank === 'console' ? 0 : 1) + 3;
  const total = max + used;
  if (host.openFiles === undefined || total < host.openFiles) return;
  const hint = `set max_connections to at most ${host.openFiles - used - 1}, or raise the limit: ulimit -HSn ${total + 100}`;
  report.refuse('invalid-value', at, `${total} exceed max open files=${host.openFiles}`, hint, chain);
}

/** Row 22. */
export function checkFull({ root, file }: Config, tree: Directive, report: Report): void {
  if (!root.is_full) return;
  const at = tree.children.length === 0 ? startOf(tree) : positionOf(tree, ['is_full']);
  report.refuse(
    'full-conf',
    at,
    `never use full.conf(${file})`,
    'it documents every directive; copy what you need',
    '',
  );
}

/** SRS takes such rules, and they never match: who relies on them is not protected. */
function checkSecurity(vhost: VhostSettings, directive: Directive, report: Report): void {
  if (!vhost.security.enabled) return;
  const security = firstChild(directive, 'security');
  for (const rule of [...childrenNamed(security, 'allow'), ...childrenNamed(security, 'deny')]) {
    const [action = '', address = ''] = rule.args;
    const isRule = (action === 'publish' || action === 'play') && isAddressRule(address);
    if (isRule) continue;
    const message = `vhost ${vhost.name}: security ${rule.name} ${rule.args.join(' ')} never matches`;
    report.warn('misread-value', rule.at, message, 'publish or play, then all, an address or ADDRESS/BITS');
  }
}
