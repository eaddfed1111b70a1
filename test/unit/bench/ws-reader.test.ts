import { expect, test } from 'vitest';
import { WsReader } from '../../../bench/wire/ws-reader.ts';
import { forEachCut } from './cut.ts';

function readerInto(parts: string[]): WsReader {
  return new WsReader((data, start, end) => parts.push(data.toString('latin1', start, end)));
}

const short = Buffer.concat([Buffer.from([0x82, 3]), Buffer.from('abc')]);
const ping = Buffer.concat([Buffer.from([0x89, 2]), Buffer.from('!!')]);
const medium = Buffer.concat([Buffer.from([0x82, 126, 0, 200]), Buffer.alloc(200, 'd')]);
const long = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 1, 0]), Buffer.alloc(256, 'e')]);

test('payloads of all length forms, without control frames', () => {
  forEachCut(Buffer.concat([short, ping, medium, long]), (feed) => {
    const parts: string[] = [];
    feed(readerInto(parts));
    expect(parts.join('')).toBe(`abc${'d'.repeat(200)}${'e'.repeat(256)}`);
  });
});

test.each([
  ['masked', Buffer.from([0x82, 0x83, 0, 0, 0, 0]), 'must not mask'],
  ['closing', Buffer.from([0x88, 0]), 'closed the WebSocket'],
])('a %s frame ends the reading', (_name, bytes, message) => {
  expect(() => readerInto([]).feed(bytes, 0, bytes.length)).toThrow(message);
});
