// AMF0 as far as a load client needs it: writing the few commands it sends, and reading the answers' first
// values. Kept apart from the server's codec, so that a mistake there cannot hide itself here.

export type AmfValue = string | number | boolean | null | { readonly [key: string]: AmfValue };

/** Encodes values one after the other, as in the body of a command message. */
export function encodeAmf0(...values: readonly AmfValue[]): Buffer {
  return Buffer.concat(values.map(encodeValue));
}

function encodeValue(value: AmfValue): Buffer {
  if (value === null) return Buffer.from([0x05]);
  if (typeof value === 'boolean') return Buffer.from([0x01, value ? 1 : 0]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === 'string') return Buffer.concat([Buffer.from([0x02]), encodeKey(value)]);
  const fields = Object.entries(value).flatMap(([key, field]) => [encodeKey(key), encodeValue(field)]);
  return Buffer.concat([Buffer.from([0x03]), ...fields, Buffer.from([0, 0, 0x09])]);
}

function encodeKey(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** What a command's answer tells the dialogue; the rest of the body is not looked at. */
export interface CommandAnswer {
  readonly name: string;
  /** The fourth value when it is a number: the stream id that createStream answers with. */
  readonly streamId: number | undefined;
  /** The `code` of an onStatus or _error object, such as NetStream.Play.Start. */
  readonly code: string | undefined;
  readonly isError: boolean;
}

/** Property `level` of an onStatus object that refuses. */
const ERROR_LEVEL = Buffer.concat([Buffer.from('level'), encodeAmf0('error')]);

/** Reads name, optional stream id and status code of a command message; undefined when it is no command. */
export function readCommandAnswer(body: Buffer): CommandAnswer | undefined {
  if (body.length < 3 || body[0] !== 0x02) return undefined;
  const nameEnd = 3 + body.readUInt16BE(1);
  if (nameEnd > body.length) return undefined;
  const name = body.toString('latin1', 3, nameEnd);
  const text = body.toString('latin1', nameEnd);
  const code = /Net(?:Connection|Stream)(?:\.\w+)+/.exec(text)?.[0];
  const isError = name === '_error' || body.includes(ERROR_LEVEL, nameEnd);
  return { name, streamId: readFourthNumber(body, nameEnd), code, isError };
}

/** After the name: a number (transaction), null, and perhaps a number. */
function readFourthNumber(body: Buffer, nameEnd: number): number | undefined {
  const nullAt = nameEnd + 9;
  if (body.length < nullAt + 10 || body[nullAt] !== 0x05 || body[nullAt + 1] !== 0x00) return undefined;
  return body.readDoubleBE(nullAt + 2);
}
