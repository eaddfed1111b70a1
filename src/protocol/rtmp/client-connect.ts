// The `connect` command of a client, and what the answer says of the server. SRS: srs_protocol_rtmp_stack.cpp,
// SrsRtmpClient::connect_app.

import {
  type Amf0Object,
  type Amf0Value,
  amf0Object,
  isAmf0Object,
  numberProperty,
  stringProperty,
} from '../amf0/value.ts';
import type { RtmpPeerIdentity, RtmpStatus } from './client-handler.ts';
import type { RedirectTarget } from './server-replies.ts';

export interface RtmpConnectOptions {
  /** `rtmp://host[:port]/app`: the host may be a vhost's name instead. */
  readonly tcUrl: string;
  readonly app: string;
  readonly pageUrl?: string;
  readonly swfUrl?: string;
  /** Further properties of the command object, for example `capsEx`. */
  readonly properties?: Readonly<Record<string, Amf0Value>>;
  /** Object behind the command object: an SRS edge says there who it is. Some foreign servers want none. */
  readonly args?: Amf0Object;
}

/** Values that SRS sends, which are those of a Flash player. */
const FLASH_VERSION = 'WIN 15,0,0,239';
const CAPABILITIES = 239;
const AUDIO_CODECS = 3575;
const VIDEO_CODECS = 252;

/** Arguments of `connect`. */
export function connectArguments(options: RtmpConnectOptions): Amf0Value[] {
  const object = amf0Object({
    app: options.app,
    flashVer: FLASH_VERSION,
    swfUrl: options.swfUrl ?? '',
    tcUrl: options.tcUrl,
    fpad: false,
    capabilities: CAPABILITIES,
    audioCodecs: AUDIO_CODECS,
    videoCodecs: VIDEO_CODECS,
    videoFunction: 1,
    pageUrl: options.pageUrl ?? '',
    objectEncoding: 0,
    ...options.properties,
  });
  return options.args === undefined ? [object] : [object, options.args];
}

/** Who answered; `args` are those of the `_result`. */
export function peerIdentity(args: readonly Amf0Value[]): RtmpPeerIdentity {
  const info = args[1];
  const data = isAmf0Object(info) ? info.properties.get('data') : undefined;
  // SRS up to 3 gave the id as a number.
  const id = numberProperty(data, 'srs_id');
  return {
    server: stringProperty(data, 'srs_server'),
    signature: stringProperty(data, 'srs_sig'),
    version: stringProperty(data, 'srs_version') || stringProperty(data, 'version'),
    ip: stringProperty(data, 'srs_server_ip'),
    processId: numberProperty(data, 'srs_pid') ?? 0,
    connectionId: id === undefined ? stringProperty(data, 'srs_id') : String(id),
  };
}

/** The information object of an `onStatus` or `_error`: the first object with a code. */
export function statusOf(args: readonly Amf0Value[]): RtmpStatus {
  const info = args.filter(isAmf0Object).find((object) => object.properties.has('code'));
  return {
    level: stringProperty(info, 'level'),
    code: stringProperty(info, 'code'),
    description: stringProperty(info, 'description'),
    info,
  };
}

/** Where a refusal sends the client, if it does. */
export function redirectOf({ info }: RtmpStatus): RedirectTarget | undefined {
  const ex = info?.properties.get('ex');
  const tcUrl = stringProperty(ex, 'redirect');
  const url = stringProperty(ex, 'redirect2') || tcUrl;
  return url === '' ? undefined : { tcUrl, url };
}
