// Command messages (RTMP 1.0, 7.1.1): a name, a transaction id, and values in AMF0, also inside AMF3 command messages.

import { decodeAmf0 } from '../../amf0/decode.ts';
import { encodeAmf0 } from '../../amf0/encode.ts';
import { MARKER } from '../../amf0/marker.ts';
import type { Amf0Value } from '../../amf0/value.ts';
import { ProtocolError } from '../../error.ts';
import { MESSAGE_TYPE } from './message-type.ts';

export interface RtmpCommand {
  readonly name: string;
  readonly transactionId: number;
  /** What follows the transaction id; the first one is the "command object", mostly null. */
  readonly args: readonly Amf0Value[];
}

/** Throws ProtocolError (2003, 2004 or a limit) if this is no command. */
export function parseCommand(typeId: number, payload: Buffer): RtmpCommand {
  const [name, transactionId = 0, ...args] = decodeAmf0(payload, amf0Offset(typeId, payload));
  if (typeof name !== 'string') throw new ProtocolError('amf0Decode', 'command name is no string');
  if (typeof transactionId !== 'number') {
    throw new ProtocolError('amf0Decode', `transaction id of ${name} is no number`);
  }
  return { name, transactionId, args };
}

/** Payload of a command message, type 20. */
export function encodeCommand(name: string, transactionId: number, args: readonly Amf0Value[]): Buffer {
  return encodeAmf0([name, transactionId, ...args]);
}

/** AMF3 command messages start with a byte that nobody checks; some encoders leave it out. */
function amf0Offset(typeId: number, payload: Buffer): number {
  if (typeId !== MESSAGE_TYPE.commandAmf3) return 0;
  const hasPrefix = payload[0] !== MARKER.string || payload[1] === MARKER.string;
  return hasPrefix ? 1 : 0;
}
