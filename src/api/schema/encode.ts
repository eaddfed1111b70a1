// A value to JSON text after its schema: no white space, fields in the schema's order, floats with two decimals.

import type { Field, Fields } from './schema.ts';

type Values = Readonly<Record<string, unknown>>;

/** `values` must fit the fields: `FieldValues` of them. */
export function encodeFields(fields: Fields, values: Values): string {
  const pairs: string[] = [];
  for (const name in fields) {
    const value = values[name];
    if (value !== undefined)
      pairs.push(`${JSON.stringify(name)}:${encodeField(fields[name] as Field, value)}`);
  }
  return `{${pairs.join(',')}}`;
}

function encodeField(schema: Field, value: unknown): string {
  switch (schema.kind) {
    case 'int':
      return encodeInt(value as number);
    case 'decimal':
      return encodeDecimal(value as number);
    case 'text':
    case 'flag':
    case 'free':
      return JSON.stringify(value);
    case 'list':
      return `[${(value as readonly unknown[]).map((item) => encodeField(schema.of, item)).join(',')}]`;
    case 'object':
      return encodeFields(schema.fields, value as Values);
    case 'nullable':
      return value === null ? 'null' : encodeField(schema.of, value);
    case 'optional':
      return encodeField(schema.of, value);
  }
}

/** Never a fraction or an exponent, which integer parsers of clients refuse. */
function encodeInt(value: number): string {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)).toString() : '0';
}

function encodeDecimal(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '0.00';
}
