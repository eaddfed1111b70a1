// Tree and environment to typed settings, driven by the table: variable over file over default (spec config 5.2).

import type { Block, Row, Rows, SettingOf } from './directives/row.ts';
import { isDependent } from './directives/row.ts';
import type { Environment } from './environment.ts';
import { blockHasVariables, variableArgs, variableOf } from './environment.ts';
import type { Directive } from './syntax/tree.ts';
import { childrenNamed } from './syntax/tree.ts';
import { readValue } from './value.ts';

type Settings = Record<string, unknown>;

interface Context {
  readonly env: Environment;
  readonly root: Settings;
  readonly vhost: Settings;
  /** Where the rows stand in the table. */
  readonly path: readonly string[];
  readonly hasVariables: boolean;
  /** The block at `path` is in the file, or a variable sets something in it. */
  readonly isWritten: boolean;
}

/** The settings of the root's own rows. */
export function readRootRows<R extends Rows>(rows: R, tree: Directive, env: Environment): SettingsOfRows<R> {
  const root: Settings = {};
  const context: Context = { env, root, vhost: {}, path: [], hasVariables: hasAny(env), isWritten: true };
  readRows(rows, tree, context, root);
  return root as SettingsOfRows<R>;
}

type SettingsOfRows<R extends Rows> = { readonly [K in keyof R]: SettingOf<R[K]> };

/** The settings of a block of the root, from the first directive of that name or from all of them. */
export function readRootBlock<B extends Block>(
  block: B,
  name: string,
  tree: Directive,
  env: Environment,
  root: object,
): SettingOf<B> {
  const context: Context = {
    env,
    root: { ...root },
    vhost: {},
    path: [],
    hasVariables: hasAny(env),
    isWritten: true,
  };
  return readBlock(block, name, tree, context) as SettingOf<B>;
}

/** Most servers run without variables: then none is looked up. */
function hasAny(env: Environment): boolean {
  return Object.keys(env).length > 0;
}

function readBlock(block: Block, name: string, parent: Directive | undefined, context: Context): unknown {
  const path = [...context.path, name];
  const hasVariables = context.hasVariables && blockHasVariables(block);
  const found = childrenNamed(parent, name);
  const isWritten = found.length > 0 || (hasVariables && isSet(block, path, context.env));
  const inner: Context = { ...context, path, hasVariables, isWritten };
  return block.many ? found.map((one) => readOne(block, one, inner)) : readOne(block, found[0], inner);
}

/** A variable sets something in the block. */
function isSet({ rows }: Block, path: readonly string[], env: Environment): boolean {
  return Object.entries(rows).some(
    ([name, entry]) => entry.kind === 'row' && variableOf(entry, [...path, name], env) !== undefined,
  );
}

function readOne(block: Block, directive: Directive | undefined, context: Context): Settings {
  const settings: Settings = {};
  if (block.argument !== '') settings[block.argument] = directive?.args[0] ?? '';
  const isVhost = context.path.length === 1 && context.path[0] === 'vhost';
  readRows(block.rows, directive, isVhost ? { ...context, vhost: settings } : context, settings);
  return settings;
}

/** Rows first, then blocks, so that defaults of inner rows can follow outer ones. */
function readRows(rows: Rows, parent: Directive | undefined, context: Context, into: Settings): void {
  for (const [name, entry] of Object.entries(rows)) {
    if (entry.kind === 'row') into[name] = readRow(entry, name, parent, context, into);
  }
  for (const [name, entry] of Object.entries(rows)) {
    if (entry.kind === 'block') into[name] = readBlock(entry, name, parent, context);
  }
}

function readRow(
  row: Row,
  name: string,
  parent: Directive | undefined,
  context: Context,
  own: Settings,
): unknown {
  const variable = context.hasVariables ? variableOf(row, [...context.path, name], context.env) : undefined;
  if (variable !== undefined) return readValue(row, variableArgs(row, variable.value));
  const found = childrenNamed(parent, name);
  if (row.type === 'lines') return found.map((one) => one.args);
  if (row.type === 'free')
    return found[0]?.children.map((child) => ({ name: child.name, args: child.args })) ?? [];
  const first = found[0];
  if (first !== undefined && (first.args.length > 0 || row.emptyCounts === true))
    return readValue(row, first.args);
  if (!isDependent(row.default)) return row.default;
  const { root, vhost, isWritten } = context;
  return row.default.of({ root, vhost, block: own, isWritten });
}
