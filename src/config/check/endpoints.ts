// Two listeners on one endpoint. SRS binds both (SO_REUSEPORT) and connections reach either at random; here it is an
// error, except that the API may share the port of the HTTP server, as in SRS 5 and later (spec config 3.3).

import { isIPv6 } from 'node:net';
import type { Config } from '../config.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Directive, Position } from '../syntax/tree.ts';
import { positionOf } from './position.ts';
import type { Report } from './report.ts';

interface Listener {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly at: Position;
}

/** Row 11 of spec config 3.7 for listeners that are on, and every other pair of listeners on one port. */
export function checkEndpoints(config: Config, tree: Directive, report: Report): void {
  const seen: Listener[] = [];
  for (const listener of listenersOf(config, tree)) {
    const other = seen.find((one) => isSame(one.endpoint, listener.endpoint));
    if (other !== undefined && !mayShare(other, listener)) reportPair(config, other, listener, report);
    seen.push(listener);
  }
  checkSharedTls(config, tree, report);
}

function listenersOf(config: Config, tree: Directive): readonly Listener[] {
  const rtmp = config.root.listen.map((endpoint, i): Listener => {
    return { name: 'listen', endpoint, at: positionOf(tree, ['listen'], i) };
  });
  const listener = (name: string, block: { enabled: boolean; listen: Endpoint }): Listener[] => {
    const at = positionOf(tree, [...name.split('.'), 'listen'], 0);
    return block.enabled ? [{ name: `${name}.listen`, endpoint: block.listen, at }] : [];
  };
  return [
    ...rtmp,
    ...listener('http_server', config.http_server),
    ...listener('http_server.https', config.http_server.https),
    ...listener('http_api', config.http_api),
    ...listener('http_api.https', config.http_api.https),
    ...listener('exporter', config.exporter),
  ];
}

/** Port 0 asks the system for a free one. Any address of a family takes the port from all others of that family. */
function isSame(a: Endpoint, b: Endpoint): boolean {
  if (a.port !== b.port || a.port === 0 || isIPv6(a.host) !== isIPv6(b.host)) return false;
  return a.host === b.host || isAny(a.host) || isAny(b.host);
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function mayShare(a: Listener, b: Listener): boolean {
  const names = new Set([a.name, b.name]);
  const isPair = (x: string, y: string) => names.has(x) && names.has(y);
  return (
    isPair('http_server.listen', 'http_api.listen') ||
    isPair('http_server.https.listen', 'http_api.https.listen')
  );
}

function reportPair(config: Config, first: Listener, second: Listener, report: Report): void {
  const where = first.at.line === 0 ? first.at.file : `line ${first.at.line}`;
  report.refuse(
    'duplicate-endpoint',
    second.at,
    `${second.name} ${second.endpoint.text} is already the endpoint of ${first.name}, ${where}`,
    `give it another port; ${config.file === '' ? 'only' : 'in one file, only'} http_api may share the port of http_server`,
  );
}

function checkSharedTls(
  { http_api: api, http_server: server }: Config,
  tree: Directive,
  report: Report,
): void {
  if (!api.enabled || !server.enabled || !api.https.enabled || !server.https.enabled) return;
  const samePlain = isSame(api.listen, server.listen);
  const sameTls = isSame(api.https.listen, server.https.listen);
  if (samePlain === sameTls) return;
  const core = samePlain
    ? `for same http, https api(${api.https.listen.text}) != server(${server.https.listen.text})`
    : `for same https, http api(${api.listen.text}) != server(${server.listen.text})`;
  const at = positionOf(tree, ['http_api', ...(samePlain ? ['https'] : []), 'listen'], 0);
  report.refuse('conflict', at, core, 'the API shares both ports of the HTTP server, or none');
}
