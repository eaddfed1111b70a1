// Rates and byte counts as they stand in vhosts, streams and clients.

import type { Traffic } from '../../stats/traffic.ts';
import { type FieldValues, int, object } from '../schema/schema.ts';

export const byteFields = {
  send_bytes: int('Bytes sent, protocol overhead included.'),
  recv_bytes: int('Bytes received, protocol overhead included.'),
};

export const kbpsSchema = object('Rates over the last 30 s, kbit/s; a new value every 30 s.', {
  recv_30s: int('Received by the server.'),
  send_30s: int('Sent by the server.'),
});

export function bytesOf(traffic: Traffic): FieldValues<typeof byteFields> {
  return { send_bytes: traffic.sentBytes, recv_bytes: traffic.receivedBytes };
}

export function kbpsOf(traffic: Traffic): FieldValues<typeof kbpsSchema.fields> {
  return { recv_30s: traffic.received.last30SecKbps, send_30s: traffic.sent.last30SecKbps };
}
