// What this server says of itself when it connects to another: SRS's keys, because its origins log them and tell
// edges from players by them.

import type { ServerIdentity } from '../../media/metadata.ts';
import { type Amf0Object, type Amf0Value, amf0Object } from '../../protocol/amf0/value.ts';
import type { RtmpPeerIdentity } from '../../protocol/rtmp/client-handler.ts';

const SIGNATURE = 'SRS';
const LICENSE = 'MIT';
const URL = 'https://github.com/ossrs/srs';

/** Enhanced RTMP v2, bit of `capsEx`: this client wants to be asked to reconnect when the server is about to end. */
const CAPS_EX_RECONNECT = 1;
/** Properties that every `connect` of this server has. */
export const CLIENT_PROPERTIES: Readonly<Record<string, number>> = { capsEx: CAPS_EX_RECONNECT };
/** The status that asks. */
export const RECONNECT_REQUEST = 'NetConnection.Connect.ReconnectRequest';

/** The object behind the command object of `connect`. `more` goes behind what SRS says. */
export function identityArguments(
  identity: ServerIdentity,
  connectionId: string,
  serverIp: string,
  more: Readonly<Record<string, Amf0Value>> = {},
): Amf0Object {
  return amf0Object({
    srs_sig: SIGNATURE,
    srs_server: `${identity.name}/${identity.version}`,
    srs_license: LICENSE,
    srs_url: URL,
    srs_version: identity.version,
    srs_pid: process.pid,
    srs_id: connectionId,
    srs_server_ip: serverIp,
    ...more,
  });
}

/** SRS's line about the server that took the connection. Servers other than SRS say nothing of themselves. */
export function connectedLine({ version, ip, processId }: RtmpPeerIdentity, hasIdentity: boolean): string {
  const numbers = [...version.split('.'), '0', '0', '0', '0'].slice(0, 4).map((part) => Number(part) || 0);
  return `connected, version=${numbers.join('.')}, ip=${ip}, pid=${processId}, id=0, dsu=${Number(hasIdentity)}`;
}
