// The client against a server that the tests write by hand, and against our own server in memory.

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Amf0Object, amf0Object } from '../../../../src/protocol/amf0/value.ts';
import { ProtocolError } from '../../../../src/protocol/error.ts';
import {
  RtmpClientSession,
  type RtmpClientSessionOptions,
} from '../../../../src/protocol/rtmp/client-session.ts';
import { type AmfValue, decodeAmf, encodeAmf } from '../../../helpers/amf0.ts';
import { ChunkDecoder, encodeChunks } from '../../../helpers/rtmp-chunks.ts';
import { hex } from './chunk-builder.ts';
import { SessionPeer } from './session-peer.ts';

const args: Amf0Object = amf0Object({ srs_sig: 'SRS', srs_pid: 42, srs_id: 'abc' });

class TestClient {
  readonly events: string[] = [];
  readonly session: RtmpClientSession;
  sent: Buffer[] = [];
  #handshakeLeft = 3073;
  readonly #decoder = new ChunkDecoder();

  constructor(options: Partial<RtmpClientSessionOptions> = {}) {
    this.session = new RtmpClientSession(
      {
        role: 'play',
        tcUrl: 'rtmp://h/live',
        app: 'live',
        stream: 's?k=v',
        chunkSize: 60_000,
        randomBytes,
        ...options,
      },
      {
        output: (bytes) => this.sent.push(Buffer.from(bytes)),
        connected: (identity) => this.events.push(`connected ${JSON.stringify(identity)}`),
        started: () => this.events.push('started'),
        media: ({ typeId, timestamp, payload }) =>
          this.events.push(`media ${typeId} ${timestamp} ${payload.toString('hex')}`),
        statusReceived: ({ level, code }) => this.events.push(`status ${level} ${code}`),
        refused: ({ level, code, description }) =>
          this.events.push(`refused ${level} ${code} ${description}`),
        redirected: ({ tcUrl, url }) => this.events.push(`redirected ${tcUrl} ${url}`),
        notice: (text) => this.events.push(`notice ${text}`),
      },
    );
  }

  /** Through the handshake with a server of the simple kind. */
  handshake(): void {
    this.session.start(1000);
    this.session.receive(Buffer.concat([Buffer.from([3]), Buffer.alloc(8), randomBytes(3064)]));
  }

  /** Until the server has created the stream. */
  createStream(streamId = 1): void {
    this.handshake();
    this.command('_result', 1, null, null);
    this.command('_result', 2, null, streamId);
  }

  command(name: string, transactionId: number, ...values: readonly AmfValue[]): void {
    this.message(20, encodeAmf(name, transactionId, ...values), 3);
  }

  message(typeId: number, payload: Buffer, chunkStreamId = 6, timestamp = 0): void {
    const bytes = encodeChunks({ chunkStreamId, typeId, streamId: 1, timestamp, payload }, 128);
    this.session.receive(bytes);
  }

  /** What the client has said since the last call. */
  said(): string[] {
    let bytes = Buffer.concat(this.sent);
    this.sent = [];
    const skipped = Math.min(this.#handshakeLeft, bytes.length);
    this.#handshakeLeft -= skipped;
    bytes = bytes.subarray(skipped);
    return this.#decoder.push(bytes).map(({ typeId, payload, chunkStreamId, streamId, timestamp }) => {
      const isText = typeId === 20 || typeId === 18;
      const body = isText ? JSON.stringify(decodeAmf(payload)) : payload.toString('hex');
      return `${typeId} ${chunkStreamId}/${streamId} ${timestamp} ${body}`;
    });
  }

  take(): string[] {
    return this.events.splice(0);
  }
}

const CONNECT_OBJECT =
  '{"app":"live","flashVer":"WIN 15,0,0,239","swfUrl":"","tcUrl":"rtmp://h/live","fpad":false,"capabilities":239,"audioCodecs":3575,"videoCodecs":252,"videoFunction":1,"pageUrl":"","objectEncoding":0}';

describe('what it says, as SRS does', () => {
  test('connect and the window', () => {
    const client = new TestClient();
    client.handshake();
    expect(client.said()).toEqual([`20 3/0 0 ["connect",1,${CONNECT_OBJECT}]`, '5 2/0 0 002625a0']);
  });

  test('who it is, and what it can', () => {
    const client = new TestClient({ args, properties: { capsEx: 1 }, pageUrl: 'http://p', swfUrl: 'x.swf' });
    client.handshake();
    const [connect] = client.said();
    expect(connect).toContain('"capsEx":1},{"srs_sig":"SRS","srs_pid":42,"srs_id":"abc"}]');
    expect(connect).toContain('"pageUrl":"http://p"');
    expect(connect).toContain('"swfUrl":"x.swf"');
  });

  test('a play', () => {
    const client = new TestClient();
    client.handshake();
    client.said();
    client.command('_result', 1, null, null);
    expect(client.said()).toEqual(['20 3/0 0 ["createStream",2,null]']);
    client.command('_result', 2, null, 7);
    expect(client.said()).toEqual([
      '20 5/7 0 ["play",0,null,"s?k=v"]',
      '4 2/0 0 000300000007000003e8',
      '1 2/0 0 0000ea60',
    ]);
    expect(client.session.streamId).toBe(7);
    expect(client.session.state).toBe('streaming');
  });

  test('a publish, and its media', () => {
    const client = new TestClient({ role: 'publish', chunkSize: 4096 });
    client.createStream();
    expect(client.said().slice(3)).toEqual([
      '1 2/0 0 00001000',
      '20 5/1 0 ["publish",0,null,"s?k=v","live"]',
    ]);
    client.session.sendMedia(18, 0, encodeAmf('onMetaData', {}));
    client.session.sendMedia(9, 40, hex('1701'));
    client.session.sendMedia(8, 0x1000000, hex('af01'));
    expect(client.said()).toEqual(['18 5/1 0 ["onMetaData",{}]', '9 6/1 40 1701', '8 4/1 16777216 af01']);
    client.session.stop();
    expect(client.said()).toEqual([
      '20 3/0 0 ["FCUnpublish",0,null,"s?k=v"]',
      '20 3/0 0 ["deleteStream",0,null,1]',
    ]);
    expect(client.session.state).toBe('closed');
  });

  test('only connect', () => {
    const client = new TestClient({ role: 'connect' });
    client.handshake();
    client.said();
    client.command('_result', 1, null, null);
    expect(client.said()).toEqual([]);
    expect(client.take()[0]).toMatch(/^connected/);
  });
});

describe('what it hears', () => {
  test('who the server is', () => {
    const client = new TestClient();
    client.handshake();
    const data = {
      version: '3,4,5,678',
      srs_sig: 'SRS',
      srs_server: 'SRS/4.0.271(Leo)',
      srs_version: '4.0.271',
      srs_server_ip: '10.0.0.7',
      srs_pid: 9,
      srs_id: 'x1',
    };
    client.command('_result', 1, { fmsVer: 'FMS' }, { code: 'NetConnection.Connect.Success', data });
    const identity = {
      server: 'SRS/4.0.271(Leo)',
      signature: 'SRS',
      version: '4.0.271',
      ip: '10.0.0.7',
      processId: 9,
      connectionId: 'x1',
    };
    expect(client.take()).toEqual([`connected ${JSON.stringify(identity)}`]);
  });

  test.each([
    ['SRS 3: a number for an id', { srs_id: 107, version: '3.4.5.678' }, '"connectionId":"107"', '3.4.5.678'],
    ['another server', {}, '"connectionId":""', ''],
  ])('%s', (_name, data, id, version) => {
    const client = new TestClient();
    client.handshake();
    client.command('_result', 1, null, { data });
    expect(client.events[0]).toContain(id);
    expect(client.events[0]).toContain(`"version":"${version}"`);
  });

  test('everything but the awaited result is dropped', () => {
    const client = new TestClient();
    client.handshake();
    client.message(9, hex('1700'));
    client.command('onBWDone', 0, null);
    client.command('_result', 2, null, 1);
    client.command('_error', 9, null, {});
    client.command('_checkbw', 3, null);
    expect(client.take()).toEqual(['notice ignore command of the server, command=_checkbw']);
    expect(client.session.state).toBe('connecting');
  });

  test('media of a play', () => {
    const client = new TestClient();
    client.createStream();
    client.take();
    client.command('onStatus', 0, null, { level: 'status', code: 'NetStream.Play.Reset' });
    client.command('onStatus', 0, null, { level: 'status', code: 'NetStream.Play.Start' });
    client.message(18, encodeAmf('onMetaData', {}), 5);
    client.message(9, hex('1701'), 6, 40);
    client.message(8, hex('af01'), 4, 45);
    client.command('onStatus', 0, null, { level: 'status', code: 'NetStream.Play.UnpublishNotify' });
    expect(client.take()).toEqual([
      'status status NetStream.Play.Reset',
      'started',
      `media 18 0 ${encodeAmf('onMetaData', {}).toString('hex')}`,
      'media 9 40 1701',
      'media 8 45 af01',
      'status status NetStream.Play.UnpublishNotify',
    ]);
  });

  test('media without a status starts it, too', () => {
    const client = new TestClient();
    client.createStream();
    client.take();
    client.message(9, hex('1701'), 6, 40);
    expect(client.take()).toEqual(['started', 'media 9 40 1701']);
  });

  test('media to a publisher is dropped', () => {
    const client = new TestClient({ role: 'publish' });
    client.createStream();
    client.take();
    client.message(9, hex('1701'));
    client.command('onFCPublish', 0, null, { code: 'NetStream.Publish.Start' });
    client.command('onStatus', 0, null, { level: 'status', code: 'NetStream.Publish.Start' });
    expect(client.take()).toEqual(['started']);
  });

  test('pings, and what it owes in acknowledgements', () => {
    const client = new TestClient();
    client.createStream();
    client.said();
    client.message(4, hex('0006 00003456'), 2);
    expect(client.said()).toEqual(['4 2/0 0 000700003456']);
    client.message(5, hex('00001000'), 2);
    expect(client.said()).toHaveLength(1);
  });

  test.each([
    ['connect', 1, 'connecting'],
    ['createStream', 2, 'creating'],
  ])('%s refused', (_name, transactionId) => {
    const client = new TestClient();
    client.handshake();
    if (transactionId === 2) client.command('_result', 1, null, null);
    client.take();
    const info = { level: 'error', code: 'NetConnection.Connect.Rejected', description: 'no' };
    client.command('_error', transactionId, null, info);
    client.command('_result', transactionId, null, null);
    expect(client.take()).toEqual(['refused error NetConnection.Connect.Rejected no']);
  });

  test.each([
    ['error', 'NetStream.Publish.BadName'],
    ['error', 'Whatever'],
    ['status', 'NetStream.Play.StreamNotFound'],
  ])('a status of level %s and code %s refuses', (level, code) => {
    const client = new TestClient();
    client.createStream();
    client.take();
    client.command('onStatus', 0, null, { level, code, description: 'd' });
    client.message(9, hex('1701'));
    expect(client.take()).toEqual([`refused ${level} ${code} d`]);
  });

  test.each([
    [
      'with both URLs',
      { redirect: 'rtmp://o:1936/live', redirect2: 'rtmp://o:1936/live/s' },
      'rtmp://o:1936/live rtmp://o:1936/live/s',
    ],
    [
      'of SRS before 3.0.100',
      { redirect: 'rtmp://o:1936/live/s' },
      'rtmp://o:1936/live/s rtmp://o:1936/live/s',
    ],
  ])('a redirect %s', (_name, ex, expected) => {
    const client = new TestClient();
    client.createStream();
    client.take();
    const info = { level: 'error', code: 'NetConnection.Connect.Rejected', description: 'RTMP 302 Redirect' };
    client.command('onStatus', 0, null, { ...info, ex: { code: 302, ...ex } });
    expect(client.take()).toEqual([`redirected ${expected}`]);
  });

  test('a server that breaks the protocol', () => {
    const client = new TestClient();
    client.handshake();
    expect(() => client.message(1, hex('00000001'), 2)).toThrow(expect.objectContaining({ code: 2010 }));
    client.message(4, hex('0006 00003456'), 2);
    expect(client.session.state).toBe('closed');
  });
});

test('any bytes of a server: decoded, or refused with ProtocolError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isStreaming) => {
      const client = new TestClient();
      if (isStreaming) client.createStream();
      else client.handshake();
      try {
        client.session.receive(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 500 },
  );
});

describe('with our server', () => {
  /** Carries bytes between the two until both are silent, in pieces of `step` bytes. */
  function converse(client: TestClient, peer: SessionPeer, step: number): void {
    for (let turns = 0; turns < 20; turns++) {
      const toServer = Buffer.concat(client.sent.splice(0));
      for (let at = 0; at < toServer.length; at += step) {
        peer.session.receive(toServer.subarray(at, at + step), 1000);
      }
      const toClient = Buffer.concat(peer.outputs.splice(0));
      for (let at = 0; at < toClient.length; at += step)
        client.session.receive(toClient.subarray(at, at + step));
      if (toServer.length === 0 && toClient.length === 0) return;
    }
    expect.fail('they never stop talking');
  }

  test.each([1, 50, 100_000])('publish, in pieces of %i', (step) => {
    const client = new TestClient({ role: 'publish', args });
    const peer = new SessionPeer();
    client.session.start(1000);
    converse(client, peer, step);
    expect(client.take().slice(1)).toEqual(['started']);
    expect(peer.notices[0]).toBe('complex handshake success.');
    expect(peer.connects[0]?.args?.properties.get('srs_pid')).toBe(42);
    client.session.sendMedia(9, 40, hex('1701'));
    client.session.stop();
    converse(client, peer, step);
    expect(peer.take()).toEqual([
      'connect h live',
      'flash-publish h/live/s?k=v',
      'media 9 40 1701',
      'publish ended',
    ]);
  });

  test.each([1, 50, 100_000])('play, in pieces of %i', (step) => {
    const client = new TestClient();
    const peer = new SessionPeer();
    client.session.start(1000);
    converse(client, peer, step);
    expect(client.events).toContain('started');
    expect(peer.take()).toEqual(['connect h live', 'play h/live/s?k=v 0']);
    expect(peer.session.bufferLengthMs).toBe(1000);
    expect(peer.session.inChunkSize).toBe(60_000);
  });

  test('refused and redirected', () => {
    for (const isRedirect of [false, true]) {
      const client = new TestClient();
      const peer = new SessionPeer();
      peer.answers = 'wait';
      client.session.start(1000);
      converse(client, peer, 1000);
      peer.acceptConnect();
      converse(client, peer, 1000);
      const { requestId } = peer.plays[0]!;
      if (isRedirect)
        peer.session.redirectPlay(requestId, { tcUrl: 'rtmp://o/live', url: 'rtmp://o/live/s' });
      else peer.session.rejectPlay(requestId, { code: 'NetStream.Play.StreamNotFound', description: 'no' });
      converse(client, peer, 1000);
      const expected = isRedirect
        ? 'redirected rtmp://o/live rtmp://o/live/s'
        : 'refused error NetStream.Play.StreamNotFound no';
      expect(client.events.at(-1)).toBe(expected);
    }
  });

  test('connect refused', () => {
    const client = new TestClient({ role: 'connect' });
    const peer = new SessionPeer();
    peer.answers = 'wait';
    client.session.start(1000);
    converse(client, peer, 1000);
    peer.session.rejectConnect(peer.connects[0]!.requestId, 'not you');
    converse(client, peer, 1000);
    expect(client.events).toEqual(['refused error NetConnection.Connect.Rejected not you']);
  });
});
