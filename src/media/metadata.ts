// onMetaData on its way from the publisher to the viewers: decoded, signed with this server's name and version,
// and without `duration`, from which players would conclude that the stream is a file.

import { decodeAmf0 } from '../protocol/amf0/decode.ts';
import { encodeAmf0 } from '../protocol/amf0/encode.ts';
import { type Amf0Value, isAmf0Object } from '../protocol/amf0/value.ts';

/** How this server names itself. */
export interface ServerIdentity {
  readonly name: string;
  /** Three numbers, as SRS's: users' scripts read it from the metadata to tell servers apart. */
  readonly version: string;
}

/** What viewers get, and what the log and others want to know of it. */
export interface StreamMetadata {
  readonly type: 'metadata';
  /** AMF0: the string `onMetaData` and one object. The data of an RTMP message (type 18) or an FLV script tag. */
  readonly body: Buffer;
  /** The object in `body`. */
  readonly properties: ReadonlyMap<string, Amf0Value>;
  /** For the log: `width=1280, height=720, vcodec=7, acodec=10`, as far as it is known. */
  readonly summary: string;
}

/** Another data message (onTextData, onCuePoint, …), which SRS does not relay. */
export interface OtherData {
  readonly type: 'other';
  /** '' if the message does not start with a name. */
  readonly name: string;
}

const ON_METADATA = 'onMetaData';
const SET_DATA_FRAME = '@setDataFrame';
/** A peer's text in a log line. */
const MAX_SUMMARY_TEXT = 32;
/** Larger codec ids are FourCCs: ffmpeg writes `hvc1` as the number 1752589105. */
const MAX_CODEC_ID = 255;

/**
 * Rewrites the body of a data message, with or without `@setDataFrame` in front. An ECMA array becomes an object,
 * the server's two properties replace the publisher's and stand last, all else keeps its order; a body that is
 * empty or no object becomes an object with those two alone.
 * Throws ProtocolError if the body is no AMF0.
 */
export function rewriteMetadata(payload: Buffer, identity: ServerIdentity): StreamMetadata | OtherData {
  const values = decodeAmf0(payload);
  const event = values[0] === SET_DATA_FRAME ? values.slice(1) : values;
  const [name, content] = event;
  if (name !== ON_METADATA) return { type: 'other', name: typeof name === 'string' ? name : '' };
  const properties = new Map(isAmf0Object(content) ? content.properties : []);
  const summary = summarize(properties);
  for (const key of ['duration', 'server', 'server_version']) properties.delete(key);
  properties.set('server', `${identity.name}/${identity.version}`);
  properties.set('server_version', identity.version);
  return {
    type: 'metadata',
    body: encodeAmf0([ON_METADATA, { type: 'object', properties }]),
    properties,
    summary,
  };
}

/**
 * Whether a publisher wants its timestamps to reach the viewers as they are: `bravo_atc` of FMLE encoders.
 * @param body of StreamMetadata
 */
export function asksForPublisherTime(body: Buffer): boolean {
  const content = decodeAmf0(body)[1];
  return isAmf0Object(content) && content.properties.get('bravo_atc') === 'true';
}

function summarize(properties: ReadonlyMap<string, Amf0Value>): string {
  const parts = [
    describe('width', properties.get('width')),
    describe('height', properties.get('height')),
    describe('vcodec', properties.get('videocodecid')),
    describe('acodec', properties.get('audiocodecid')),
  ].filter((part) => part !== '');
  return parts.length > 0 ? parts.join(', ') : `${properties.size} properties`;
}

function describe(name: string, value: Amf0Value): string {
  if (typeof value === 'string') return `${name}=${value.slice(0, MAX_SUMMARY_TEXT)}`;
  if (typeof value !== 'number') return '';
  const isFourCc = name.endsWith('codec') && value > MAX_CODEC_ID && value <= 0xffffffff;
  return `${name}=${isFourCc ? fourCcText(value) : Math.trunc(value)}`;
}

function fourCcText(code: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Math.trunc(code));
  return bytes.toString('latin1');
}
