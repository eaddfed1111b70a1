// AMF0 for the raw RTMP peer: the few types that clients use, written apart from the server's code.

export type AmfValue = number | boolean | string | null | undefined | AmfObject | AmfValue[];
export interface AmfObject {
  [key: string]: AmfValue;
}

export function encodeAmf(...values: readonly AmfValue[]): Buffer {
  return Buffer.concat(values.map(encodeValue));
}

function encodeValue(value: AmfValue): Buffer {
  if (value === null) return Buffer.from([5]);
  if (value === undefined) return Buffer.from([6]);
  if (typeof value === 'boolean') return Buffer.from([1, value ? 1 : 0]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === 'string') return Buffer.concat([Buffer.from([2]), encodeName(value)]);
  if (Array.isArray(value)) {
    const count = Buffer.alloc(5);
    count[0] = 10;
    count.writeUInt32BE(value.length, 1);
    return Buffer.concat([count, ...value.map(encodeValue)]);
  }
  const entries = Object.entries(value).flatMap(([key, entry]) => [encodeName(key), encodeValue(entry)]);
  return Buffer.concat([Buffer.from([3]), ...entries, Buffer.from([0, 0, 9])]);
}

function encodeName(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function decodeAmf(bytes: Buffer): AmfValue[] {
  const values: AmfValue[] = [];
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) values.push(decodeValue(bytes, cursor));
  return values;
}

function decodeValue(bytes: Buffer, cursor: { at: number }): AmfValue {
  const type = bytes.readUInt8(cursor.at++);
  switch (type) {
    case 0:
      cursor.at += 8;
      return bytes.readDoubleBE(cursor.at - 8);
    case 1:
      return bytes.readUInt8(cursor.at++) !== 0;
    case 2:
      return decodeName(bytes, cursor);
    case 8:
      cursor.at += 4; // the count is a hint: the end marker decides
      return decodeObject(bytes, cursor);
    case 3:
      return decodeObject(bytes, cursor);
    case 5:
      return null;
    case 6:
      return undefined;
    case 10: {
      const count = bytes.readUInt32BE(cursor.at);
      cursor.at += 4;
      return Array.from({ length: count }, () => decodeValue(bytes, cursor));
    }
    default:
      throw new Error(`AMF0 type ${type} at byte ${cursor.at - 1} of ${bytes.toString('hex')}`);
  }
}

function decodeName(bytes: Buffer, cursor: { at: number }): string {
  const length = bytes.readUInt16BE(cursor.at);
  cursor.at += 2 + length;
  return bytes.toString('utf8', cursor.at - length, cursor.at);
}

function decodeObject(bytes: Buffer, cursor: { at: number }): AmfObject {
  const object: AmfObject = {};
  for (;;) {
    const key = decodeName(bytes, cursor);
    if (key === '' && bytes[cursor.at] === 9) {
      cursor.at++;
      return object;
    }
    object[key] = decodeValue(bytes, cursor);
  }
}
