// What this server says of itself when it connects to another: SRS's keys, because its origins log them and tell
// edges from players by them.

import type { ServerIdentity } from '../../media/metadata.ts';
import { type Amf0Object, amf0Object } from '../../protocol/amf0/value.ts';

const SIGNATURE = 'SRS';
const LICENSE = 'MIT';
const URL = 'https://github.com/ossrs/srs';

/** The object behind the command object of `connect`. */
export function identityArguments(
  identity: ServerIdentity,
  connectionId: string,
  serverIp: string,
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
  });
}
