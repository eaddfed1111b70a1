// What an RTMP peer says of itself and asks for, as the log and the API have it.

import { type Amf0Object, numberProperty, stringProperty } from '../../protocol/amf0/value.ts';
import type { ConnectRequest } from '../../protocol/rtmp/server-handler.ts';
import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { ClientFacts, ClientType } from '../../stats/client-statistics.ts';
import { type MarkRequest, parseMarkArguments } from '../../stream/mark-request.ts';
import type { Stream } from '../../stream/stream.ts';
import type { RtmpPeer } from './rtmp-peer.ts';

/** In the arguments of `connect`: SRS and its kin connect as edges or to forward. */
const SERVER_MARK = 'srs_pid';
/** A peer's text in a log line. */
const MAX_TEXT = 64;

/** Of `connect`: servers follow redirects and are told of unpublishes. */
export function isServer(args: Amf0Object | undefined): boolean {
  return numberProperty(args, SERVER_MARK) !== undefined;
}

/** Of `connect`: an edge of this kind of server wants to hear where segments begin. */
export function markRequest(args: Amf0Object | undefined): MarkRequest | undefined {
  return isServer(args) ? parseMarkArguments(args) : undefined;
}

/** SRS's line for `connect`. */
export function connectLine({ tcUrl, pageUrl, swfUrl, url, args }: ConnectRequest): string {
  const where = `schema=${url.schema}, vhost=${url.vhost}, port=${url.port}, app=${url.app}`;
  return `connect app, tcUrl=${tcUrl}, pageUrl=${pageUrl}, swfUrl=${swfUrl}, ${where}, args=${args === undefined ? 'null' : '(obj)'}`;
}

/** Another server names itself. SRS reads the id as a number, which it is not, and so prints 0. */
export function serverLine(args: Amf0Object | undefined): string {
  const ip = stringProperty(args, 'srs_server_ip').slice(0, MAX_TEXT);
  const version = stringProperty(args, 'srs_version').slice(0, MAX_TEXT);
  return `edge-srs ip=${ip}, version=${version}, pid=${numberProperty(args, SERVER_MARK)}, id=0`;
}

/** SRS's line for a publish or play; `type` is the client's. */
export function identifiedLine(type: string, url: RtmpUrl, durationMs: number): string {
  const { vhost, app, stream, param } = url;
  return `client identified, type=${type}, vhost=${vhost}, app=${app}, stream=${stream}, param=${param}, duration=${durationMs}ms`;
}

/** @param kickOff ends the connection, as an operator asks for it through the API */
export function clientFacts(
  peer: RtmpPeer,
  type: ClientType,
  stream: Stream,
  kickOff: () => void,
): ClientFacts {
  const { tcUrl = '', pageUrl = '', swfUrl = '' } = peer.connect ?? {};
  return {
    id: peer.id,
    type,
    isPublisher: type !== 'rtmp-play',
    ip: peer.remoteAddress,
    tcUrl,
    pageUrl,
    swfUrl,
    ...stream.id,
    url: stream.url,
    kickOff,
  };
}
