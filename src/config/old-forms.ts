// Directives of SRS 1 to 4 that later releases renamed or moved: rewritten before anything is checked, with the
// warnings of SRS (spec config 3.8), which say "vhost" where the vhost's name would help. As in SRS, an old form
// beats the same setting in the new block, wherever it stands.

import type { Diagnostic } from './diagnostic.ts';
import { warning } from './diagnostic.ts';
import type { Directive, Position } from './syntax/tree.ts';

/** A directive that may still be changed. */
interface Draft {
  name: string;
  args: readonly string[];
  argsAt: readonly Position[];
  isBlock: boolean;
  readonly at: Position;
  children: Draft[];
}

export interface Rewritten {
  readonly tree: Directive;
  readonly diagnostics: readonly Diagnostic[];
}

/** Vhost directives that moved into a block under their own name. */
const MOVED_INTO: ReadonlyMap<string, string> = new Map([
  ['time_jitter', 'play'],
  ['mix_correct', 'play'],
  ['atc', 'play'],
  ['atc_auto', 'play'],
  ['mw_latency', 'play'],
  ['gop_cache', 'play'],
  ['gop_cache_max_frames', 'play'],
  ['queue_length', 'play'],
  ['send_min_interval', 'play'],
  ['reduce_sequence_header', 'play'],
  ['mode', 'cluster'],
  ['origin', 'cluster'],
  ['token_traverse', 'cluster'],
  ['vhost', 'cluster'],
  ['debug_srs_upnode', 'cluster'],
]);

/** Vhost directives that moved into a block and were renamed. */
const RENAMED_INTO: ReadonlyMap<string, readonly [block: string, name: string]> = new Map<
  string,
  readonly [string, string]
>([
  ['publish_1stpkt_timeout', ['publish', 'firstpkt_timeout']],
  ['publish_normal_timeout', ['publish', 'normal_timeout']],
]);

/** Referer rules of SRS 1 and 2. */
const REFER: ReadonlyMap<string, string> = new Map([
  ['refer', 'all'],
  ['refer_play', 'play'],
  ['refer_publish', 'publish'],
]);

/** Blocks of which single children moved: block, child, new block, new name. */
const SPREAD: readonly (readonly [block: string, child: string, into: string, name: string])[] = [
  ['mr', 'enabled', 'publish', 'mr'],
  ['mr', 'latency', 'publish', 'mr_latency'],
  ['nack', 'enabled', 'rtc', 'nack'],
  ['nack', 'no_copy', 'rtc', 'nack_no_copy'],
  ['twcc', 'enabled', 'rtc', 'twcc'],
];

/** Left over from the GB28181 server of early SRS 4. */
const CASTER_LEFTOVERS: ReadonlySet<string> = new Set([
  'tcp_enable',
  'rtp_port_min',
  'rtp_port_max',
  'wait_keyframe',
  'rtp_idle_timeout',
  'audio_enable',
  'auto_create_channel',
  'jitterbuffer_enable',
]);
const SIP_LEFTOVERS: ReadonlySet<string> = new Set([
  'serial',
  'realm',
  'ack_timeout',
  'keepalive_timeout',
  'invite_port_fixed',
  'query_catalog_interval',
  'auto_play',
  'host',
]);

/** Names that only old forms have, by the block they stand in, for hints and documentation. */
export const oldNames: Readonly<Record<string, readonly string[]>> = {
  '': ['http_stream'],
  vhost: [
    'http',
    'mr',
    'nack',
    'twcc',
    ...RENAMED_INTO.keys(),
    ...MOVED_INTO.keys(),
    'refer_play',
    'refer_publish',
  ],
  'vhost.http_remux': ['hstrs'],
  'vhost.rtc': ['aac', 'bframe'],
  rtc_server: ['perf_stat', 'queue_length'],
  srt_server: ['tlpkdrop'],
  stream_caster: [...CASTER_LEFTOVERS, 'host'],
  'stream_caster.sip': [...SIP_LEFTOVERS],
};

/** The tree in today's form. `tree` stays as it is. */
export function rewriteOldForms(tree: Directive): Rewritten {
  const diagnostics: Diagnostic[] = [];
  const warn = (at: Position, text: string) =>
    diagnostics.push(warning('old-form', at, `transform: ${text}`));
  const root = draftOf(tree);
  for (const directive of root.children) {
    if (directive.name === 'http_stream') directive.name = 'http_server';
    else if (directive.name === 'rtc_server') removeChildren(directive, ['perf_stat', 'queue_length']);
    else if (directive.name === 'srt_server') renameChildren(directive, 'tlpkdrop', 'tlpktdrop');
    else if (directive.name === 'stream_caster') rewriteCaster(directive, warn);
    else if (directive.name === 'vhost') rewriteVhost(directive, warn);
  }
  return { tree: root, diagnostics };
}

type Warn = (at: Position, text: string) => void;

function draftOf(directive: Directive): Draft {
  return { ...directive, children: directive.children.map(draftOf) };
}

function rewriteCaster(caster: Draft, warn: Warn): void {
  caster.children = caster.children.filter((child) => {
    if (CASTER_LEFTOVERS.has(child.name)) warn(child.at, `Config ${child.name} for GB is not used`);
    return !CASTER_LEFTOVERS.has(child.name);
  });
  const sip = child(caster, 'sip');
  if (sip !== undefined) {
    for (const old of sip.children.filter((one) => SIP_LEFTOVERS.has(one.name))) {
      warn(old.at, `Config sip.${old.name} for GB is not used`);
    }
    removeChildren(sip, SIP_LEFTOVERS);
  }
  for (const host of caster.children.filter((one) => one.name === 'host')) {
    warn(host.at, 'Config move host to sip.candidate for GB');
    childOrNew(caster, 'sip', host.at).children.push({ ...host, name: 'candidate' });
  }
  removeChildren(caster, ['host']);
}

function rewriteVhost(vhost: Draft, warn: Warn): void {
  const old = vhost.children;
  vhost.children = old.filter((directive) => !isMovedAway(directive));
  for (const directive of old) {
    if (isMovedAway(directive)) moveAway(directive, vhost, warn);
    else rewriteInPlace(directive, warn);
  }
}

function isMovedAway({ name, children }: Draft): boolean {
  if (name === 'refer') return children.length === 0;
  return (
    MOVED_INTO.has(name) ||
    RENAMED_INTO.has(name) ||
    REFER.has(name) ||
    SPREAD.some(([block]) => block === name)
  );
}

function moveAway(old: Draft, vhost: Draft, warn: Warn): void {
  const { name, at } = old;
  const block = MOVED_INTO.get(name);
  const renamed = RENAMED_INTO.get(name);
  const rule = REFER.get(name);
  if (old.isBlock && (block ?? renamed) !== undefined) {
    warn(at, `the braces behind ${name} and what stands in them are dropped`);
  }
  if (block !== undefined) {
    setArgs(childOrNew(vhost, block, at), name, old);
    warn(at, `vhost.${name} to vhost.${block}.${name} of vhost`);
  } else if (renamed !== undefined) {
    setArgs(childOrNew(vhost, renamed[0], at), renamed[1], old);
    warn(at, `vhost.${name} to vhost.${renamed[0]}.${renamed[1]} for vhost`);
  } else if (rule !== undefined) {
    moveRefer(old, vhost, rule);
    warn(at, `vhost.${name} to vhost.refer.${rule} for vhost`);
  } else {
    spread(old, vhost, warn);
  }
}

function moveRefer(old: Draft, vhost: Draft, rule: string): void {
  const refer = childOrNew(vhost, 'refer', old.at);
  if (child(refer, 'enabled') === undefined) refer.children.push(leaf('enabled', ['on'], old.at));
  setArgs(refer, rule, old);
}

function spread(old: Draft, vhost: Draft, warn: Warn): void {
  for (const [block, name, into, newName] of SPREAD) {
    if (block !== old.name) continue;
    const setting = child(old, name);
    const target = childOrNew(vhost, into, old.at);
    if (setting === undefined) continue;
    setArgs(target, newName, setting);
    if (into === 'publish') warn(setting.at, `vhost.${block}.${name} to vhost.${into}.${newName} for vhost`);
  }
  if (old.name !== 'mr') warn(old.at, `vhost.${old.name} to vhost.rtc.${old.name} of vhost`);
}

function rewriteInPlace(directive: Draft, warn: Warn): void {
  if (directive.name === 'http') {
    directive.name = 'http_static';
    warn(directive.at, 'vhost.http => vhost.http_static for vhost');
  } else if (directive.name === 'http_remux') {
    removeChildren(directive, ['hstrs']);
  } else if (directive.name === 'forward' && directive.children.length === 0 && directive.args.length > 0) {
    directive.children = [
      leaf('enabled', ['on'], directive.at),
      { ...directive, name: 'destination', isBlock: false },
    ];
    Object.assign(directive, { args: [], argsAt: [], isBlock: true });
    warn(directive.at, 'vhost.forward to vhost.forward.destination for vhost');
  } else if (directive.name === 'rtc') {
    replaceWord(directive, 'aac', 'transcode', 'rtmp_to_rtc', warn);
    replaceWord(directive, 'bframe', 'keep', 'keep_bframe', warn);
  }
}

/** `old WORD;` becomes `name on;` for the word that means on, `name off;` for any other. */
function replaceWord(rtc: Draft, old: string, on: string, name: string, warn: Warn): void {
  const setting = child(rtc, old);
  if (setting === undefined) return;
  const value = setting.args[0] === on ? 'on' : 'off';
  setArgs(rtc, name, leaf(name, [value], setting.at));
  rtc.children = rtc.children.filter((one) => one !== setting);
  warn(setting.at, `vhost.rtc.${old} to vhost.rtc.${name} ${value}`);
}

function setArgs(block: Draft, name: string, from: Draft): void {
  const existing = child(block, name);
  if (existing === undefined) block.children.push({ ...from, name, children: [] });
  else Object.assign(existing, { args: from.args, argsAt: from.argsAt });
}

function child(block: Draft, name: string): Draft | undefined {
  return block.children.find((one) => one.name === name);
}

function childOrNew(block: Draft, name: string, at: Position): Draft {
  const existing = child(block, name);
  if (existing !== undefined) return existing;
  const created: Draft = { name, args: [], argsAt: [], isBlock: true, at, children: [] };
  block.children.push(created);
  return created;
}

function leaf(name: string, args: readonly string[], at: Position): Draft {
  return { name, args, argsAt: args.map(() => at), isBlock: false, at, children: [] };
}

function removeChildren(block: Draft, names: Iterable<string>): void {
  const removed = new Set(names);
  block.children = block.children.filter((one) => !removed.has(one.name));
}

function renameChildren(block: Draft, from: string, to: string): void {
  for (const one of block.children) if (one.name === from) one.name = to;
}
