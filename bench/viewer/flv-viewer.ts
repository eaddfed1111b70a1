// Plays FLV over HTTP, or over a WebSocket.

import { FlvReader } from '../wire/flv-reader.ts';
import { type HttpHead, HttpReader } from '../wire/http-reader.ts';
import { WsReader } from '../wire/ws-reader.ts';
import type { HttpTarget } from './http-target.ts';
import type { CreateProtocol, ViewerLink } from './viewer.ts';

const TYPE_AUDIO = 8;
const TYPE_VIDEO = 9;

export function flvViewer(target: HttpTarget): CreateProtocol {
  return (link) => {
    const flv = createFlvReader(link);
    const http = new HttpReader({
      onHead: (head) => expectStatus(head, 200, link),
      onBody: (data, start, end) => flv.feed(data, start, end),
      onEnd: () => link.fail('the stream ended'),
    });
    return {
      start: () => link.write(request(target, [])),
      feed: (data, start, end) => http.feed(data, start, end),
    };
  };
}

export function wsViewer(target: HttpTarget): CreateProtocol {
  return (link) => {
    const flv = createFlvReader(link);
    const frames = new WsReader((data, start, end) => flv.feed(data, start, end));
    const http = new HttpReader({
      onHead: (head) => expectStatus(head, 101, link),
      onBody: (data, start, end) => frames.feed(data, start, end),
      onEnd: () => link.fail('the stream ended'),
    });
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dHNycy1iZW5jaC12aWV3ZQ==',
    ];
    return {
      start: () => link.write(request(target, upgrade)),
      feed: (data, start, end) => http.feed(data, start, end),
    };
  };
}

function createFlvReader(link: ViewerLink): FlvReader {
  return new FlvReader((type, timestampMs, lengthBytes, head, headBytes) => {
    if (type === TYPE_AUDIO || type === TYPE_VIDEO) {
      link.watch.onMedia(type === TYPE_VIDEO, timestampMs, lengthBytes, head, headBytes);
    }
  });
}

function expectStatus(head: HttpHead, status: number, link: ViewerLink): void {
  if (head.status !== status) link.fail(`HTTP status ${head.status}`);
}

function request({ authority, path }: HttpTarget, headers: readonly string[]): Buffer {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${authority}`,
    'User-Agent: tsrs-bench',
    'Accept: */*',
    ...headers,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}
