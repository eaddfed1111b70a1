// What the API's answers look like: one description that gives the TypeScript type, the JSON text (fields in
// SRS's order) and the OpenAPI document.

export interface IntSchema {
  readonly kind: 'int';
  readonly says: string;
}

/** A number that is printed with exactly two decimals, as SRS prints all its floats. */
export interface DecimalSchema {
  readonly kind: 'decimal';
  readonly says: string;
}

export interface TextSchema {
  readonly kind: 'text';
  readonly says: string;
}

export interface FlagSchema {
  readonly kind: 'flag';
  readonly says: string;
}

export interface ListSchema<S extends Schema = Schema> {
  readonly kind: 'list';
  readonly says: string;
  readonly of: S;
}

export interface ObjectSchema<F extends Fields = Fields> {
  readonly kind: 'object';
  readonly says: string;
  readonly fields: F;
}

export interface NullableSchema<S extends Schema = Schema> {
  readonly kind: 'nullable';
  readonly of: S;
}

/** A field that may be missing. */
export interface OptionalSchema<S extends Schema = Schema> {
  readonly kind: 'optional';
  readonly of: S;
}

/** Any JSON value, written as it is. */
export interface FreeSchema {
  readonly kind: 'free';
  readonly says: string;
}

export type Schema =
  | IntSchema
  | DecimalSchema
  | TextSchema
  | FlagSchema
  | ListSchema
  | ObjectSchema
  | NullableSchema
  | FreeSchema;

export type Field = Schema | OptionalSchema;
export type Fields = { readonly [name: string]: Field };

/** The values that a schema describes. `unknown` for the wide type, which would have no end. */
export type ValueOf<S> = Schema extends S ? unknown : KnownValueOf<S>;

type KnownValueOf<S> = S extends IntSchema | DecimalSchema
  ? number
  : S extends TextSchema
    ? string
    : S extends FlagSchema
      ? boolean
      : S extends ListSchema<infer I>
        ? readonly ValueOf<I>[]
        : S extends ObjectSchema<infer F>
          ? FieldValues<F>
          : S extends NullableSchema<infer I>
            ? ValueOf<I> | null
            : unknown;

type OptionalNames<F> = { [K in keyof F]: F[K] extends OptionalSchema ? K : never }[keyof F];

export type FieldValues<F> = string extends keyof F ? Readonly<Record<string, unknown>> : KnownFieldValues<F>;

type KnownFieldValues<F> = {
  readonly [K in Exclude<keyof F, OptionalNames<F>>]: ValueOf<F[K]>;
} & {
  readonly [K in OptionalNames<F>]?: (F[K] extends OptionalSchema<infer I> ? ValueOf<I> : never) | undefined;
};

export function int(says: string): IntSchema {
  return { kind: 'int', says };
}

export function decimal(says: string): DecimalSchema {
  return { kind: 'decimal', says };
}

export function text(says: string): TextSchema {
  return { kind: 'text', says };
}

export function flag(says: string): FlagSchema {
  return { kind: 'flag', says };
}

export function list<S extends Schema>(says: string, of: S): ListSchema<S> {
  return { kind: 'list', says, of };
}

export function object<const F extends Fields>(says: string, fields: F): ObjectSchema<F> {
  return { kind: 'object', says, fields };
}

export function nullable<S extends Schema>(of: S): NullableSchema<S> {
  return { kind: 'nullable', of };
}

export function optional<S extends Schema>(of: S): OptionalSchema<S> {
  return { kind: 'optional', of };
}

export function free(says: string): FreeSchema {
  return { kind: 'free', says };
}
