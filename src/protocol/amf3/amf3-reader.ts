// Reads AMF3 values that Flash clients embed in AMF0 (marker 0x11) and converts them to AMF0 values. Enough to step
// over them and to see strings and numbers; object references are not resolved. AMF3 specification, section 3.

import type { ByteReader } from '../../bytes/byte-reader.ts';
import type { DecodeBudget } from '../amf0/limits.ts';
import type { Amf0Value } from '../amf0/value.ts';
import { ProtocolError } from '../error.ts';

const AMF3_MARKER = {
  undefined: 0x00,
  null: 0x01,
  false: 0x02,
  true: 0x03,
  integer: 0x04,
  double: 0x05,
  string: 0x06,
  xmlDocument: 0x07,
  date: 0x08,
  array: 0x09,
  object: 0x0a,
  xml: 0x0b,
  byteArray: 0x0c,
  vectorInt: 0x0d,
  vectorUint: 0x0e,
  vectorDouble: 0x0f,
} as const;

interface Traits {
  readonly isExternal: boolean;
  readonly isDynamic: boolean;
  readonly names: readonly string[];
}

/** One embedded value; its string and traits tables start empty, as each 0x11 opens a new context. */
export class Amf3Reader {
  readonly #reader: ByteReader;
  readonly #budget: DecodeBudget;
  readonly #outerDepth: number;
  readonly #strings: string[] = [];
  readonly #traits: Traits[] = [];

  /** Reads from `reader` where it stands; `budget` and `outerDepth` continue the limits of the AMF0 around. */
  constructor(reader: ByteReader, budget: DecodeBudget, outerDepth: number) {
    this.#reader = reader;
    this.#budget = budget;
    this.#outerDepth = outerDepth;
  }

  /** Throws ProtocolError on what cannot be read, NotEnoughBytesError at the end of the bytes. */
  value(depth = 0): Amf0Value {
    this.#budget.spendValue(this.#outerDepth + depth);
    const marker = this.#reader.u8();
    switch (marker) {
      case AMF3_MARKER.undefined:
        return undefined;
      case AMF3_MARKER.null:
        return null;
      case AMF3_MARKER.false:
        return false;
      case AMF3_MARKER.true:
        return true;
      case AMF3_MARKER.integer:
        return (this.#u29() << 3) >> 3;
      case AMF3_MARKER.double:
        return this.#reader.f64();
      case AMF3_MARKER.string:
        return this.#string();
      default:
        return this.#referable(marker, depth);
    }
  }

  /** Types that start with a U29: either a reference to an earlier value, or a length or count. */
  #referable(marker: number, depth: number): Amf0Value {
    const header = this.#u29();
    if ((header & 1) === 0) return undefined;
    const length = header >>> 1;
    switch (marker) {
      case AMF3_MARKER.xmlDocument:
      case AMF3_MARKER.xml:
        return this.#reader.utf8(length);
      case AMF3_MARKER.date:
        return { type: 'date', timeMs: this.#reader.f64(), timezoneMin: 0 };
      case AMF3_MARKER.byteArray:
        this.#reader.skip(length);
        return undefined;
      case AMF3_MARKER.array:
        return this.#array(length, depth);
      case AMF3_MARKER.object:
        return this.#object(header, depth);
      case AMF3_MARKER.vectorInt:
      case AMF3_MARKER.vectorUint:
        this.#reader.skip(1 + 4 * length);
        return undefined;
      case AMF3_MARKER.vectorDouble:
        this.#reader.skip(1 + 8 * length);
        return undefined;
      default:
        throw new ProtocolError('amf0Invalid', `amf3: unknown marker=0x${marker.toString(16)}`);
    }
  }

  #array(denseCount: number, depth: number): Amf0Value {
    const properties = this.#dynamicProperties(depth);
    const items: Amf0Value[] = [];
    for (let i = 0; i < denseCount; i++) items.push(this.value(depth + 1));
    if (properties.size === 0) return items;
    for (const [index, item] of items.entries()) properties.set(String(index), item);
    return { type: 'ecma-array', properties };
  }

  #object(header: number, depth: number): Amf0Value {
    const traits = this.#objectTraits(header);
    if (traits.isExternal) throw new ProtocolError('amf0Invalid', 'amf3: externalizable object');
    const properties = new Map<string, Amf0Value>();
    for (const name of traits.names) properties.set(name, this.value(depth + 1));
    if (traits.isDynamic) {
      for (const [key, value] of this.#dynamicProperties(depth)) properties.set(key, value);
    }
    return { type: 'object', properties };
  }

  #objectTraits(header: number): Traits {
    if ((header & 2) === 0) {
      const known = this.#traits[header >>> 2];
      if (known === undefined) throw new ProtocolError('amf0Decode', 'amf3: unknown traits reference');
      for (const name of known.names) this.#budget.spendReferredChars(name.length);
      return known;
    }
    this.#string(); // the class name
    const names: string[] = [];
    for (let count = header >>> 4; count > 0; count--) names.push(this.#string());
    const traits = { isExternal: (header & 4) !== 0, isDynamic: (header & 8) !== 0, names };
    this.#traits.push(traits);
    return traits;
  }

  #dynamicProperties(depth: number): Map<string, Amf0Value> {
    const properties = new Map<string, Amf0Value>();
    for (let key = this.#string(); key !== ''; key = this.#string()) {
      const value = this.value(depth + 1);
      properties.delete(key);
      properties.set(key, value);
    }
    return properties;
  }

  #string(): string {
    const header = this.#u29();
    if ((header & 1) === 0) {
      const known = this.#strings[header >>> 1];
      if (known === undefined) throw new ProtocolError('amf0Decode', 'amf3: unknown string reference');
      this.#budget.spendReferredChars(known.length);
      return known;
    }
    const text = this.#reader.utf8(header >>> 1);
    if (text !== '') this.#strings.push(text); // the empty string is never referred to
    return text;
  }

  /** AMF3 1.3.1: 7 bits a byte, high bit = more; a fourth byte carries 8 bits. */
  #u29(): number {
    let value = 0;
    for (let i = 0; i < 3; i++) {
      const byte = this.#reader.u8();
      value = (value << 7) | (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    return (value << 8) | this.#reader.u8();
  }
}
