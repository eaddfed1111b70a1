// AMF0 values as plain data. Properties live in a Map: it keeps their order and knows no `__proto__`.
// AMF0 specification (amf0-file-format-specification.pdf), section 2.

/** A strict array is a plain array. Types that carry nothing else (XML, long string) read as strings. */
export type Amf0Value =
  | number
  | boolean
  | string
  | null
  | undefined
  | Amf0Object
  | Amf0Date
  | readonly Amf0Value[];

/** Anonymous object, or ECMA array: the same but for the marker and a count that nobody relies on. */
export interface Amf0Object {
  readonly type: 'object' | 'ecma-array';
  /** In the order of the wire; of a key given twice the last value counts, at the last place. */
  readonly properties: ReadonlyMap<string, Amf0Value>;
}

export interface Amf0Date {
  readonly type: 'date';
  /** Since the epoch, UTC. */
  readonly timeMs: number;
  /** As on the wire; the specification reserves it and asks for 0. */
  readonly timezoneMin: number;
}

/** An object with the given properties, in their order. */
export function amf0Object(properties: Readonly<Record<string, Amf0Value>>): Amf0Object {
  return { type: 'object', properties: new Map(Object.entries(properties)) };
}

/** An ECMA array with the given properties, in their order. */
export function amf0EcmaArray(properties: Readonly<Record<string, Amf0Value>>): Amf0Object {
  return { type: 'ecma-array', properties: new Map(Object.entries(properties)) };
}

/** Is it an object or an ECMA array? */
export function isAmf0Object(value: Amf0Value): value is Amf0Object {
  return typeof value === 'object' && value !== null && 'properties' in value;
}

/** The string property `key` of `value`, or '' if there is none, or `value` is no object. */
export function stringProperty(value: Amf0Value, key: string): string {
  const property = isAmf0Object(value) ? value.properties.get(key) : undefined;
  return typeof property === 'string' ? property : '';
}

/** The number property `key` of `value`, or undefined if there is none, or `value` is no object. */
export function numberProperty(value: Amf0Value, key: string): number | undefined {
  const property = isAmf0Object(value) ? value.properties.get(key) : undefined;
  return typeof property === 'number' ? property : undefined;
}
