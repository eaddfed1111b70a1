// Values to AMF0 bytes.

import { ByteWriter } from '../../bytes/byte-writer.ts';
import { MARKER } from './marker.ts';
import { type Amf0Object, type Amf0Value, isAmf0Object } from './value.ts';

const MAX_SHORT_STRING = 0xffff;

/** All values, one behind the other. */
export function encodeAmf0(values: readonly Amf0Value[]): Buffer {
  const writer = new ByteWriter();
  for (const value of values) writeAmf0(writer, value);
  return writer.take();
}

/** Appends one value. */
function writeAmf0(writer: ByteWriter, value: Amf0Value): void {
  if (typeof value === 'number') {
    writer.u8(MARKER.number);
    writer.f64(value);
  } else if (typeof value === 'boolean') {
    writer.u8(MARKER.boolean);
    writer.u8(value ? 1 : 0);
  } else if (typeof value === 'string') {
    writeString(writer, value);
  } else if (value === null) {
    writer.u8(MARKER.null);
  } else if (value === undefined) {
    writer.u8(MARKER.undefined);
  } else {
    writeCompound(writer, value);
  }
}

function writeString(writer: ByteWriter, text: string): void {
  const size = Buffer.byteLength(text, 'utf8');
  if (size > MAX_SHORT_STRING) {
    writer.u8(MARKER.longString);
    writer.u32(size);
  } else {
    writer.u8(MARKER.string);
    writer.u16(size);
  }
  writer.utf8(text);
}

function writeCompound(writer: ByteWriter, value: Extract<Amf0Value, object>): void {
  if (isAmf0Object(value)) {
    writeObject(writer, value);
  } else if ('type' in value) {
    writer.u8(MARKER.date);
    writer.f64(value.timeMs);
    writer.i16(value.timezoneMin);
  } else {
    writer.u8(MARKER.strictArray);
    writer.u32(value.length);
    for (const item of value) writeAmf0(writer, item);
  }
}

function writeObject(writer: ByteWriter, object: Amf0Object): void {
  if (object.type === 'ecma-array') {
    writer.u8(MARKER.ecmaArray);
    writer.u32(object.properties.size);
  } else {
    writer.u8(MARKER.object);
  }
  for (const [key, value] of object.properties) {
    writeKey(writer, key);
    writeAmf0(writer, value);
  }
  writer.u24(MARKER.objectEnd); // an empty key, then the marker
}

/** Keys have no long form. A longer one can only come from bytes that were no UTF-8; it is cut. */
function writeKey(writer: ByteWriter, key: string): void {
  const utf8 = Buffer.from(key, 'utf8').subarray(0, MAX_SHORT_STRING);
  writer.u16(utf8.length);
  writer.copy(utf8);
}
