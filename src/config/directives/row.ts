// The shape of the directive table: rows (one value each) and blocks (rows in braces). Everything about the
// configuration derives from these: names, checks, types of the settings, environment names, reload, full.conf.
// The key in the table is the directive's name, its place in the table is its scope.

import type { Endpoint } from '../endpoint.ts';

/**
 * What a reload does with a changed value: `live` is read at each use, `new` holds for new connections and
 * publishes, `applied` changes running objects, `restart` waits for the next start.
 */
export type ReloadClass = 'live' | 'new' | 'applied' | 'restart';

/** `works` here, `planned` is coming, `accepted` loads so that a file of SRS starts, and does nothing. */
export type Support = 'works' | 'planned' | 'accepted';

/** The major release of SRS that introduced a directive; `tsrs` for our own. */
export type Since = '1' | '2' | '3' | '4' | '5' | '6' | '7' | 'tsrs';

/** The fixed unit of a number; it is never written in the file. */
export type Unit = 's' | 'ms' | 'bytes' | 'kbps' | 'frames' | 'messages' | 'percent' | 'Hz' | 'pixels';

export type RowType =
  | 'flag'
  | 'int'
  | 'float'
  | 'word'
  | 'text'
  | 'path'
  | 'url'
  | 'template'
  | 'endpoint'
  | 'endpoints'
  | 'list'
  | 'lines'
  | 'free';

/** The settings read so far, for defaults that follow another directive. */
export interface DefaultScope {
  readonly root: Readonly<Record<string, unknown>>;
  readonly vhost: Readonly<Record<string, unknown>>;
  readonly block: Readonly<Record<string, unknown>>;
  /** The block is in the file, or a variable sets something in it. */
  readonly isWritten: boolean;
}

/** A default that is not a constant: `text` says it to people, `of` computes it. */
export interface DependentDefault<T> {
  readonly text: string;
  readonly of: (scope: DefaultScope) => T;
  /** What it is in a block that is written, if that is always the same. */
  readonly written?: T;
}

export interface Facts {
  /** One sentence for full.conf and the documentation. */
  readonly says: string;
  readonly reload: ReloadClass;
  readonly since: Since;
  readonly unit?: Unit;
  /** How 7.0 differs from the default of 4.0, which holds here. */
  readonly default7?: string;
  /** `false` = no variable; names = these instead of the derived one, the first set one wins. */
  readonly env?: false | readonly string[];
  /** Taken from the block when absent. */
  readonly support?: Support;
  /** SRS's warning for a directive that it knows and no longer acts on. */
  readonly removed?: string;
  /** Arguments shown in full.conf where the default cannot be written. */
  readonly example?: string;
  /** Smallest and largest sensible number: outside is a warning, as SRS takes it. */
  readonly min?: number;
  readonly max?: number;
}

export interface Row<T = unknown> extends Facts {
  readonly kind: 'row';
  readonly type: RowType;
  readonly default: T | DependentDefault<T>;
  /** word: the words SRS knows; list of words for the documentation of other types. */
  readonly values?: readonly string[];
  /** word: what SRS takes any other word for. */
  readonly otherwise?: T;
  /** flag: true only for exactly `on`, or true for everything but `off` (SRS's two readings). */
  readonly rule?: 'only-on' | 'unless-off';
  /** list: present without arguments is an empty list and not the same as absent. */
  readonly emptyCounts?: boolean;
}

export type Rows = { readonly [name: string]: Row | Block };

export interface Block<
  R extends Rows = Rows,
  Many extends boolean = boolean,
  Argument extends string = string,
> {
  readonly kind: 'block';
  readonly rows: R;
  /** May stand several times, each one counts; otherwise the first wins. */
  readonly many: Many;
  /** The setting that holds the block's own argument (`vhost NAME {`), '' when it takes none. */
  readonly argument: Argument;
  readonly says: string;
  readonly since: Since;
  readonly support: Support;
  readonly reload: ReloadClass;
  /** SRS refuses unknown names in here. */
  readonly checked: boolean;
  /** How SRS's own message names the block when it differs from the path. */
  readonly label?: string;
  /** `false` = none of the rows has a variable. */
  readonly env?: false;
}

/** A free child of a filter or parameter block. */
export interface FreeParameter {
  readonly name: string;
  readonly args: readonly string[];
}

export type SettingOf<R> =
  R extends Row<infer T>
    ? T
    : R extends Block<infer Inner, infer Many, infer Argument>
      ? Many extends true
        ? readonly SettingsOf<Inner, Argument>[]
        : SettingsOf<Inner, Argument>
      : never;

export type SettingsOf<R extends Rows, Argument extends string = ''> = {
  readonly [K in keyof R]: SettingOf<R[K]>;
} & (Argument extends '' ? unknown : { readonly [K in Argument]: string });

type Default<T> = T | DependentDefault<T>;

/** A switch. SRS reads one that defaults to off as true only for `on`, one that defaults to on as false only for `off`. */
export function flag(
  fallback: Default<boolean>,
  facts: Facts,
  rule: 'only-on' | 'unless-off' = fallback === true ? 'unless-off' : 'only-on',
): Row<boolean> {
  return { kind: 'row', type: 'flag', default: fallback, rule, values: ['on', 'off'], ...facts };
}

/** A whole number, read like C's atoi. */
export function int(fallback: Default<number>, facts: Facts): Row<number> {
  return { kind: 'row', type: 'int', default: fallback, ...facts };
}

/** A number, read like C's atof. */
export function float(fallback: Default<number>, facts: Facts): Row<number> {
  return { kind: 'row', type: 'float', default: fallback, ...facts };
}

/** One of the words SRS knows; `otherwise` is what SRS takes any other word for. */
export function word<const V extends string, const D extends V | undefined>(
  values: readonly V[],
  fallback: Default<D>,
  otherwise: V,
  facts: Facts,
): Row<V | D> {
  return { kind: 'row', type: 'word', values, default: fallback, otherwise, ...facts };
}

export function text(fallback: Default<string>, facts: Facts): Row<string> {
  return { kind: 'row', type: 'text', default: fallback, ...facts };
}

/** A file or folder, relative to the working directory. */
export function path(fallback: Default<string>, facts: Facts): Row<string> {
  return { kind: 'row', type: 'path', default: fallback, ...facts };
}

export function url(fallback: Default<string>, facts: Facts): Row<string> {
  return { kind: 'row', type: 'url', default: fallback, ...facts };
}

/** A path or mount with variables such as [vhost], [app], [stream]. */
export function template(fallback: Default<string>, facts: Facts): Row<string> {
  return { kind: 'row', type: 'template', default: fallback, ...facts };
}

/** `[IP:]PORT`, numeric addresses only. */
export function endpoint(fallback: Endpoint, facts: Facts): Row<Endpoint> {
  return { kind: 'row', type: 'endpoint', default: fallback, ...facts };
}

/** Several of them, none by default. */
export function endpoints(facts: Facts): Row<readonly Endpoint[]> {
  return { kind: 'row', type: 'endpoints', default: [], ...facts };
}

/** All arguments of the directive. */
export function list(facts: Facts): Row<readonly string[]> {
  return { kind: 'row', type: 'list', default: [], ...facts };
}

/** A list for which "absent" (undefined) and "present and empty" mean different things. */
export function listOrAbsent(facts: Facts): Row<readonly string[] | undefined> {
  return { kind: 'row', type: 'list', default: undefined, emptyCounts: true, ...facts };
}

/** A directive that may be repeated; each occurrence gives one list of arguments. */
export function lines(facts: Facts): Row<readonly (readonly string[])[]> {
  return { kind: 'row', type: 'lines', default: [], ...facts };
}

/** A block whose children are data: every `k v;` in it is one parameter for ffmpeg. */
export function free(facts: Facts): Row<readonly FreeParameter[]> {
  return { kind: 'row', type: 'free', default: [], ...facts };
}

type BlockFacts = Pick<Block, 'says' | 'since' | 'reload'> &
  Partial<Pick<Block, 'support' | 'checked' | 'label' | 'env'>>;

/** A block of which the first one wins. */
export function block<const R extends Rows>(facts: BlockFacts, rows: R): Block<R, false, ''> {
  return { kind: 'block', many: false, argument: '', support: 'works', checked: true, rows, ...facts };
}

/** As `block`, with an argument of its own that becomes the setting `argument`. */
export function namedBlock<const R extends Rows, const A extends string>(
  argument: A,
  facts: BlockFacts,
  rows: R,
): Block<R, false, A> {
  return { kind: 'block', many: false, argument, support: 'works', checked: true, rows, ...facts };
}

/** A block that may be repeated. */
export function blocks<const R extends Rows, const A extends string>(
  argument: A,
  facts: BlockFacts,
  rows: R,
): Block<R, true, A> {
  return { kind: 'block', many: true, argument, support: 'works', checked: true, rows, ...facts };
}

/** A default that depends on other settings. */
export function isDependent<T>(value: Default<T>): value is DependentDefault<T> {
  return typeof value === 'object' && value !== null && 'of' in value && typeof value.of === 'function';
}

/** The default of a row whose block is written, as far as it is always the same. */
export function writtenDefault<T>({ default: value }: Row<T>): T | undefined {
  return isDependent(value) ? value.written : value;
}

/** The same as it would be written in a file. */
export function writtenDefaultText(row: Row): string {
  const value: unknown = writtenDefault(row);
  if (row.type === 'flag') return value === true ? 'on' : 'off';
  return row.type === 'endpoint' ? (value as { text: string }).text : String(value);
}
