// What a server says of itself in the answer to `connect`. SRS's keys are kept: its edges and monitors read them.

import { type Amf0Object, amf0EcmaArray } from '../amf0/value.ts';

export interface RtmpServerIdentity {
  /** `srs_server`, for example `SRS/4.0.271(Leo)`. */
  readonly serverName: string;
  /** `srs_version`, three numbers with dots. */
  readonly serverVersion: string;
  /** `srs_id`: the connection's id in logs and hooks. */
  readonly connectionId: string;
  readonly processId: number;
  /** Address at which the server accepted the connection. */
  readonly localAddress: string;
}

const SIGNATURE = 'SRS';
const LICENSE = 'MIT';
const URL = 'https://github.com/ossrs/srs';
const AUTHORS = 'https://github.com/ossrs/srs/blob/4.0release/trunk/AUTHORS.txt';
/** What SRS claims to be towards Flash. */
const FMS_VERSION = '3,5,3,888';

/** The `data` of NetConnection.Connect.Success, in SRS's order. */
export function identityData(identity: RtmpServerIdentity): Amf0Object {
  return amf0EcmaArray({
    version: FMS_VERSION,
    srs_sig: SIGNATURE,
    srs_server: identity.serverName,
    srs_license: LICENSE,
    srs_url: URL,
    srs_version: identity.serverVersion,
    srs_authors: AUTHORS,
    srs_server_ip: identity.localAddress,
    srs_pid: identity.processId,
    srs_id: identity.connectionId,
  });
}
