// AMF0 bytes to values. Reads every type of the specification: what has no place in Amf0Value is converted, so that
// one odd value inside onMetaData does not cost the publisher its connection, as it does in SRS.

import { ByteReader, NotEnoughBytesError } from '../../bytes/byte-reader.ts';
import { Amf3Reader } from '../amf3/amf3-reader.ts';
import { ProtocolError } from '../error.ts';
import { DecodeBudget } from './limits.ts';
import { MARKER } from './marker.ts';
import type { Amf0Object, Amf0Value } from './value.ts';

/**
 * All values from `offset` to the end. Strings are copies, nothing refers to `bytes` afterwards.
 * Throws ProtocolError (2003, 2004, or a limit) on bytes that are no AMF0.
 */
export function decodeAmf0(bytes: Buffer, offset = 0): Amf0Value[] {
  const decoder = new Amf0Decoder(bytes, offset);
  const values: Amf0Value[] = [];
  while (!decoder.isAtEnd) values.push(decoder.next());
  return values;
}

/** Decodes the values of one message one by one. */
export class Amf0Decoder {
  readonly #reader: ByteReader;
  readonly #budget = new DecodeBudget();

  constructor(bytes: Buffer, offset = 0) {
    this.#reader = new ByteReader(bytes, offset);
  }

  get isAtEnd(): boolean {
    return this.#reader.left === 0;
  }

  /** Offset of the next value in the bytes. */
  get offset(): number {
    return this.#reader.offset;
  }

  /** The next value; throws ProtocolError if there is none, or it is malformed. */
  next(): Amf0Value {
    try {
      return this.#value(0);
    } catch (error) {
      if (!(error instanceof NotEnoughBytesError)) throw error;
      throw new ProtocolError('amf0Decode', `amf0: ${error.message}`, { cause: error });
    }
  }

  #value(depth: number): Amf0Value {
    this.#budget.spendValue(depth);
    const reader = this.#reader;
    const marker = reader.u8();
    switch (marker) {
      case MARKER.number:
        return reader.f64();
      case MARKER.boolean:
        return reader.u8() !== 0;
      case MARKER.string:
        return reader.utf8(reader.u16());
      case MARKER.longString:
      case MARKER.xmlDocument:
        return reader.utf8(reader.u32());
      case MARKER.null:
        return null;
      case MARKER.undefined:
      case MARKER.unsupported:
      case MARKER.movieClip:
      case MARKER.recordSet:
        return undefined;
      default:
        return this.#compoundValue(marker, depth);
    }
  }

  #compoundValue(marker: number, depth: number): Amf0Value {
    const reader = this.#reader;
    switch (marker) {
      case MARKER.object:
        return this.#object('object', depth);
      case MARKER.typedObject:
        reader.skip(reader.u16()); // the class name
        return this.#object('object', depth);
      case MARKER.ecmaArray:
        reader.skip(4); // a count that is often wrong; the end marker decides
        return this.#object('ecma-array', depth);
      case MARKER.strictArray:
        return this.#strictArray(depth);
      case MARKER.date:
        return { type: 'date', timeMs: reader.f64(), timezoneMin: reader.i16() };
      case MARKER.reference:
        // Not resolved: a few bytes could stand for a tree of any size. No client in use sends them.
        reader.skip(2);
        return undefined;
      case MARKER.avmPlus:
        return new Amf3Reader(reader, this.#budget, depth).value();
      default:
        throw new ProtocolError('amf0Invalid', `amf0: unknown marker=0x${marker.toString(16)}`);
    }
  }

  #object(type: Amf0Object['type'], depth: number): Amf0Object {
    const properties = new Map<string, Amf0Value>();
    const reader = this.#reader;
    // Some encoders leave the end marker out when the object ends the message.
    while (reader.left > 0) {
      const key = reader.utf8(reader.u16());
      if (key === '' && reader.peekU8() === MARKER.objectEnd) {
        reader.skip(1);
        break;
      }
      const value = this.#value(depth + 1);
      properties.delete(key); // a repeated key moves to the end, as in SRS
      properties.set(key, value);
    }
    return { type, properties };
  }

  #strictArray(depth: number): Amf0Value[] {
    const items: Amf0Value[] = [];
    for (let count = this.#reader.u32(); count > 0 && this.#reader.left > 0; count--) {
      items.push(this.#value(depth + 1));
    }
    return items;
  }
}
