// Peers that are broken or hostile: each is closed with a line in the log, memory stays bounded, and the
// stream that somebody else watches on the same server goes on.

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeAmf } from '../helpers/amf0.ts';
import { isKeyFrame } from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { basicHeader } from '../helpers/rtmp-chunks.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ root: 'max_connections 5000;' });
});
afterAll(async () => {
  await expectServes();
  await server.stop();
});

const megabyte = 1024 * 1024;

/** The server still takes a publisher and gives its pictures to a player. */
async function expectServes(): Promise<void> {
  const stream = uniqueName('alive');
  const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
  await waitFor('a picture', () => player.tags.some(isKeyFrame));
  publisher.destroy();
  player.destroy();
}

/** Waits for a line of this peer's connection: its first line names the port, all of them carry the same id. */
async function expectLogged(peer: RtmpPeer, pattern: RegExp): Promise<void> {
  const { localPort } = peer;
  const opening = await server.waitForLog(new RegExp(`\\[(\\w+)\\] RTMP client ip=\\S*:${localPort}\\b`));
  const id = opening[1];
  await server.waitForLog(new RegExp(`\\[${id}\\](\\[\\d+\\])? [^\\n]*(${pattern.source})`));
}

/** Type 0 chunk header. */
function chunkHeader(chunkStreamId: number, typeId: number, length: number): Buffer {
  const header = Buffer.alloc(11);
  header.writeUIntBE(length, 3, 3);
  header.writeUInt8(typeId, 6);
  header.writeUInt32LE(1, 7);
  return Buffer.concat([basicHeader(0, chunkStreamId), header]);
}

/** `connect` whose command object nests `depth` objects. */
function deepConnect(depth: number): Buffer {
  const open = Buffer.concat([Buffer.from([3]), Buffer.from([0, 1]), Buffer.from('a')]);
  return Buffer.concat([encodeAmf('connect', 1), ...Array.from({ length: depth }, () => open)]);
}

describe.concurrent('bytes that are no RTMP', () => {
  test.for([
    ['an HTTP request', Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${'x'.repeat(2000)}`)],
    ['a TLS hello', Buffer.concat([Buffer.from('16030100f0010000ec0303', 'hex'), randomBytes(2000)])],
    ['RTMPE', Buffer.concat([Buffer.from([6]), Buffer.alloc(1536)])],
    ['noise', Buffer.concat([Buffer.from([0x80]), randomBytes(3000)])],
  ] as const)('%s: closed at once', async ([, bytes]) => {
    const peer = await RtmpPeer.open(server.target);
    peer.write(bytes);
    await peer.waitForClose();
    expect(peer.bytesReceived).toBe(0);
    await expectLogged(peer, /code=2000 .*plain text/);
  });

  test.for([
    [
      'noise after the handshake',
      () => Buffer.concat([Buffer.from([0xff]), randomBytes(5000)]),
      /code=2\d\d\d/,
    ],
    ['a chunk size of zero', () => Buffer.concat([chunkHeader(2, 1, 4), Buffer.alloc(4)]), /code=2010/],
    [
      'a command that is no AMF0',
      () => Buffer.concat([chunkHeader(3, 20, 50), randomBytes(50)]),
      /code=200[34]/,
    ],
    [
      'a connect without tcUrl',
      () => {
        const body = encodeAmf('connect', 1, { app: 'live' });
        return Buffer.concat([chunkHeader(3, 20, body.length), body]);
      },
      /code=2005/,
    ],
  ] as const)('%s: closed with its code', async ([, bytes, line]) => {
    const peer = await RtmpPeer.open(server.target);
    await peer.handshake();
    peer.write(bytes());
    await peer.waitForClose();
    await expectLogged(peer, line);
  });

  test('a health probe that connects and leaves is no error', async () => {
    for (const port of [server.rtmpPort, server.httpPort]) {
      const socket = connect(port, '127.0.0.1');
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.destroy();
    }
    await expectServes();
    expect(server.log).not.toMatch(/\[Error\].*ECONN/);
  });
});

describe.concurrent('a peer that stops in the middle is closed after 30 s', () => {
  const halves: readonly [string, (peer: RtmpPeer) => Promise<void> | void][] = [
    ['without a byte', () => {}],
    ['of C0 C1', (peer) => peer.write(Buffer.from([3, 0, 0]))],
    ['of the handshake', (peer) => peer.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(1536)]))],
    ['before connect', (peer) => peer.handshake()],
    [
      'after connect',
      async (peer) => {
        await peer.handshake();
        peer.connectApp(server.tcUrl());
      },
    ],
  ];
  test.for(halves)('%s', async ([name, begin]) => {
    const peer = await RtmpPeer.open(server.target);
    const start = Date.now();
    await begin(peer);
    await peer.waitForClose(60_000);
    expect(Date.now() - start).toBeGreaterThan(25_000);
    if (name !== 'without a byte') await expectLogged(peer, /code=1011/);
  });

  test.for([
    ['before an HTTP request', ''],
    ['in the head of an HTTP request', 'GET /live/x.flv HTTP/1.1\r\nHost: '],
  ] as const)('%s', async ([, head]) => {
    const socket = connect(server.httpPort, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(head);
    let isClosed = false;
    socket.on('close', () => {
      isClosed = true;
    });
    socket.resume();
    await waitFor('the server to close the connection', () => isClosed, { timeoutMs: 60_000 });
  });
});

describe('memory stays bounded', () => {
  test('when peers without a login announce messages of 16 MB', async () => {
    const before = await server.memory();
    const peers = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const peer = await RtmpPeer.open(server.target);
        await peer.handshake();
        for (const id of [3, 4, 5, 6])
          peer.write(Buffer.concat([chunkHeader(id, 20, 0xffffff), Buffer.alloc(128)]));
        return peer;
      }),
    );
    for (const peer of peers) await peer.waitForClose();
    const after = await server.memory();
    expect(after.rss - before.rss).toBeLessThan(50 * megabyte);
    await expectLogged(peers[0]!, /code=2801 /);
  });

  test('when a publisher announces messages of 16 MB on many chunk streams', async () => {
    const before = await server.memory();
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), uniqueName('large'));
    for (let id = 10; id < 60; id++) {
      peer.write(Buffer.concat([chunkHeader(id, 9, 0xffffff), Buffer.alloc(4096)]));
    }
    // The announced bytes are sent for one of them: what is kept must be what has come, not what was promised.
    for (let sent = 0; sent < 1000; sent++)
      peer.write(Buffer.concat([basicHeader(3, 10), Buffer.alloc(4096)]));
    await waitFor('the bytes to be read', () => peer.isClosed || peer.socket.writableLength === 0);
    const after = await server.memory();
    expect(after.rss - before.rss).toBeLessThan(80 * megabyte);
    peer.destroy();
  });

  test('when a peer opens 65,000 chunk streams', async () => {
    const before = await server.memory();
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), uniqueName('ids'));
    for (let from = 64; from < 65_000; from += 1000) {
      const chunks: Buffer[] = [];
      for (let id = from; id < from + 1000; id++) chunks.push(chunkHeader(id, 9, 1000), Buffer.alloc(1000));
      peer.write(Buffer.concat(chunks));
    }
    const [unfinished] = await Promise.all([finishedOrClosed(peer), peer.waitForClose()]);
    expect(unfinished).toBe('closed');
    const after = await server.memory();
    expect(after.rss - before.rss).toBeLessThan(50 * megabyte);
    await expectLogged(peer, /code=2802 /);
  });

  test.for([100, 20_000])('when AMF0 nests %i objects', async (depth) => {
    const peer = await RtmpPeer.open(server.target);
    await peer.handshake();
    const body = deepConnect(depth);
    peer.send({ typeId: 20, streamId: 0, timestamp: 0, payload: body });
    await peer.waitForClose();
    await expectLogged(peer, /code=280[1-5] /);
  });

  test('when metadata nests 5,000 objects', async () => {
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), uniqueName('deep'));
    const payload = Buffer.concat([encodeAmf('@setDataFrame', 'onMetaData'), deepConnect(5000).subarray(19)]);
    peer.send({ typeId: 18, streamId: 1, timestamp: 0, payload });
    for (const tag of (await mediaTags('aac.flv')).slice(1)) peer.sendTag(tag);
    await expectServes();
    peer.destroy();
  });

  test('with a thousand half-open connections, while a stream goes on', async () => {
    const stream = uniqueName('crowd');
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const before = await server.memory();
    const sockets = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        const peer = await RtmpPeer.open(index % 4 === 0 ? { port: server.httpPort } : server.target);
        if (index % 2 === 0) peer.write(Buffer.from(index % 4 === 0 ? 'GET /' : '\x03abc'));
        return peer;
      }),
    );
    const tags = await mediaTags('h264-aac.flv');
    for (const tag of tags) publisher.sendTag(tag);
    await waitFor('all of the stream', () => player.tags.length >= tags.length - 1);
    const after = await server.memory();
    expect((after.rss - before.rss) / 1000, 'bytes per half-open connection').toBeLessThan(60 * 1024);
    for (const socket of sockets) socket.destroy();
    publisher.destroy();
    player.destroy();
  });
});

/** Resolves when everything written has left, or the server has closed. */
async function finishedOrClosed(peer: RtmpPeer): Promise<'sent' | 'closed'> {
  await waitFor('the bytes to leave', () => peer.isClosed || peer.socket.writableLength === 0);
  return peer.isClosed ? 'closed' : waitFor('the close', () => peer.isClosed).then(() => 'closed');
}

describe.concurrent('media that make no sense', () => {
  const bodies: readonly [string, number, Buffer][] = [
    ['an empty video message', 9, Buffer.alloc(0)],
    ['an empty audio message', 8, Buffer.alloc(0)],
    ['one byte of video', 9, Buffer.from([0x17])],
    ['one byte of AAC', 8, Buffer.from([0xaf])],
    ['an AVC sequence header without its body', 9, Buffer.from([0x17, 0, 0, 0, 0])],
    ['an AAC sequence header without its body', 8, Buffer.from([0xaf, 0])],
    ['an AVC sequence header of noise', 9, Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), randomBytes(40)])],
    ['a key frame of noise', 9, Buffer.concat([Buffer.from([0x17, 1, 0, 0, 0]), randomBytes(400)])],
    ['an unknown codec', 9, Buffer.concat([Buffer.from([0x1d]), randomBytes(40)])],
    ['a FourCC that is cut', 9, Buffer.from([0x90, 0x68, 0x76])],
    ['an unknown FourCC', 9, Buffer.concat([Buffer.from([0x90]), Buffer.from('zzzz'), randomBytes(40)])],
    ['an aggregate that is cut', 22, Buffer.from([9, 0, 1, 0, 0, 0, 0, 0])],
    ['metadata of noise', 18, Buffer.concat([Buffer.from([2, 0]), randomBytes(40)])],
    ['an unknown message type', 99, randomBytes(40)],
  ];
  test.for(bodies)(
    '%s leaves the server standing, and the stream if its publisher stays',
    async ([, typeId, body]) => {
      const stream = uniqueName('odd');
      const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
      const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
      const tags = await mediaTags('h264-aac.flv');
      for (const tag of tags.slice(0, 30)) peer.sendTag(tag);
      peer.send({ chunkStreamId: 6, typeId, streamId: 1, timestamp: 500, payload: body });
      for (const tag of tags.slice(30)) peer.sendTag(tag);
      await waitFor(
        'the last tag or the end of the publisher',
        () => peer.isClosed || player.tags.some((tag) => tag.body.equals(tags.at(-1)!.body)),
      );
      if (peer.isClosed) await expectLogged(peer, /code=\d+/);
      expect(player.isClosed).toBe(false);
      peer.destroy();
      player.destroy();
    },
  );
});

describe('a publish session with flipped bytes', () => {
  /** The same sequence in every run (mulberry32). */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
    };
  }

  test('never brings the server down, three hundred times', async () => {
    const before = await server.memory();
    const session = await recordedSession();
    for (let seed = 1; seed <= 300; seed += 20) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const next = random(seed + index);
          const bytes = Buffer.from(session);
          for (let flips = 1 + Math.floor(next() * 5); flips > 0; flips--) {
            // Mostly in the commands at the start: in media most flips meet payload, which nobody reads.
            const range = next() < 0.7 ? 800 : bytes.length;
            bytes[Math.floor(next() * range)] = Math.floor(next() * 256);
          }
          const peer = await RtmpPeer.open(server.target);
          await peer.handshake();
          peer.write(bytes);
          await waitFor('the bytes to leave', () => peer.isClosed || peer.socket.writableLength === 0);
          peer.destroy();
        }),
      );
    }
    await expectServes();
    const after = await server.memory();
    expect(after.heapUsed - before.heapUsed).toBeLessThan(10 * megabyte);
  });

  /** What a publisher sends after the handshake, as one piece. */
  async function recordedSession(): Promise<Buffer> {
    const peer = await RtmpPeer.open(server.target);
    await peer.handshake();
    const parts: Buffer[] = [];
    const write = peer.socket.write.bind(peer.socket);
    peer.socket.write = ((bytes: Buffer) => {
      parts.push(Buffer.from(bytes));
      return write(bytes);
    }) as typeof peer.socket.write;
    peer.connectApp(server.tcUrl());
    peer.requestPublish(uniqueName('fuzz'));
    for (const tag of (await mediaTags('h264-aac.flv')).slice(0, 20)) peer.sendTag(tag);
    peer.command('FCUnpublish', 6, [null, 'x']);
    peer.destroy();
    return Buffer.concat(parts);
  }
});
