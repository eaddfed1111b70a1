// Whole dialogues in memory, in the orders of real clients (the client's side is written by the tests' own code).

import { describe, expect, test } from 'vitest';
import { type AmfValue, encodeAmf } from '../../../helpers/amf0.ts';
import { body, h0, hex } from './chunk-builder.ts';
import { SessionPeer } from './session-peer.ts';

const RESULT = '_result';
const ON_FC_PUBLISH =
  'onFCPublish 0 null {"code":"NetStream.Publish.Start","description":"Started publishing stream."} @5/1';
const PUBLISH_START =
  'onStatus 0 null {"level":"status","code":"NetStream.Publish.Start","description":"Started publishing stream.","clientid":"ASAICiss"} @5/1';
const UNPUBLISHED = [
  'onFCUnpublish 0 null {"code":"NetStream.Unpublish.Success","description":"Stop publishing stream."} @5/1',
  `${RESULT} 7 null undefined @3/1`,
  'onStatus 0 null {"level":"status","code":"NetStream.Unpublish.Success","description":"Stream is now unpublished","clientid":"ASAICiss"} @5/1',
];
const PLAY_START = [
  'user 0 1 @2/0',
  'onStatus 0 null {"level":"status","code":"NetStream.Play.Reset","description":"Playing and resetting stream.","details":"stream","clientid":"ASAICiss"} @5/1',
  'onStatus 0 null {"level":"status","code":"NetStream.Play.Start","description":"Started playing stream.","details":"stream","clientid":"ASAICiss"} @5/1',
  'data |RtmpSampleAccess true true @5/1',
];

const videoFrame = hex('17 01 000000 0102');

function fmlePublisher(stream = 's'): SessionPeer {
  const peer = SessionPeer.connected();
  peer.command('releaseStream', 2, [null, stream]);
  peer.command('FCPublish', 3, [null, stream]);
  peer.command('createStream', 4);
  peer.command('publish', 5, [null, stream, 'live'], 4, 1);
  peer.flush();
  peer.replies();
  peer.take();
  return peer;
}

function flashPublisher(): SessionPeer {
  const peer = SessionPeer.connected();
  peer.command('createStream', 2);
  peer.command('publish', 0, [null, 's', 'live'], 4, 1);
  peer.flush();
  peer.replies();
  peer.take();
  return peer;
}

function player(): SessionPeer {
  const peer = SessionPeer.connected();
  peer.command('createStream', 2);
  peer.command('play', 0, [null, 's'], 8, 1);
  peer.flush();
  peer.replies();
  peer.take();
  return peer;
}

describe('connect', () => {
  test("is answered in SRS's order, in one write", () => {
    const peer = new SessionPeer();
    peer.handshake();
    peer.flush();
    expect(peer.writes).toBe(1);
    peer.connect('rtmp://h:1936/live/sub?vhost=V', {
      objectEncoding: 3,
      pageUrl: 'http://p/',
      swfUrl: 's.swf',
    });
    peer.flush();
    expect(peer.writes).toBe(2);
    const data = JSON.stringify({
      version: '3,5,3,888',
      srs_sig: 'SRS',
      srs_server: 'SRS/4.0.271(Leo)',
      srs_license: 'MIT',
      srs_url: 'https://github.com/ossrs/srs',
      srs_version: '4.0.271',
      srs_authors: 'https://github.com/ossrs/srs/blob/4.0release/trunk/AUTHORS.txt',
      srs_server_ip: '10.0.0.7',
      srs_pid: 42,
      srs_id: 'k3f9a2b1',
    });
    expect(peer.replies()).toEqual([
      'window 2500000 @2/0',
      'bandwidth 2500000 2 @2/0',
      'chunk 60000 @2/0',
      `_result 1 {"fmsVer":"FMS/3,5,3,888","capabilities":127,"mode":1} {"level":"status","code":"NetConnection.Connect.Success","description":"Connection succeeded","objectEncoding":3,"data":${data}} @3/0`,
      'onBWDone 0 null @3/0',
    ]);
    expect(peer.connects[0]).toMatchObject({
      tcUrl: 'rtmp://h:1936/live/sub?vhost=V',
      pageUrl: 'http://p/',
      swfUrl: 's.swf',
      flashVer: 'test',
      objectEncoding: 3,
      url: {
        schema: 'rtmp',
        host: 'h',
        port: 1936,
        vhost: 'V',
        app: 'live/sub',
        stream: '',
        param: '?vhost=V',
      },
      args: undefined,
      capsEx: 0,
      fourCcList: [],
    });
  });

  test('always with transaction id 1, and without a window if there is none', () => {
    const peer = new SessionPeer();
    peer.outAckSize = 0;
    peer.chunkSize = 4096;
    peer.handshake();
    peer.command('connect', 7, [{ tcUrl: 'rtmp://h/live' }]);
    peer.flush();
    const [bandwidth, chunk, result] = peer.replies();
    expect([bandwidth, chunk]).toEqual(['bandwidth 2500000 2 @2/0', 'chunk 4096 @2/0']);
    expect(result).toMatch(/^_result 1 /);
    expect(result).toContain('"objectEncoding":0');
    expect(peer.session.outChunkSize).toBe(4096);
  });

  test('says who an edge is, and what an enhanced client can do', () => {
    const peer = new SessionPeer();
    peer.handshake();
    const properties = { capsEx: 3, fourCcList: ['hvc1', 'av01', 7] };
    peer.connect('rtmp://h/live', properties, { srs_pid: 9, srs_id: 'x' });
    peer.flush();
    const [request] = peer.connects;
    expect(request?.capsEx).toBe(3);
    expect(request?.fourCcList).toEqual(['hvc1', 'av01']);
    expect(request?.args?.properties.get('srs_pid')).toBe(9);
  });

  test.each([
    [1, 1],
    [3, 1],
    [2, 0],
    [0, 0],
  ])('capsEx %i: a server that ends asks to reconnect %i times', (capsEx, times) => {
    const peer = new SessionPeer();
    peer.handshake();
    peer.connect('rtmp://h/live', { capsEx });
    peer.flush();
    peer.replies();
    const request =
      'onStatus 0 null {"level":"status","code":"NetConnection.Connect.ReconnectRequest","description":"bye"} @3/0';
    expect(peer.session.requestReconnect('bye')).toBe(times === 1);
    expect(peer.replies()).toEqual(times === 1 ? [request] : []);
    peer.session.close();
    expect(peer.session.requestReconnect('bye')).toBe(false);
  });

  test('refused: told why, then closed', () => {
    const peer = new SessionPeer();
    peer.answers = 'wait';
    peer.handshake();
    peer.connect('rtmp://h/live');
    peer.command('createStream', 2);
    peer.flush();
    peer.session.rejectConnect(peer.connects[0]!.requestId, 'vhost h is closed');
    const [error, ...more] = peer.replies();
    expect(error).toMatch(
      /^_error 1 .*"level":"error","code":"NetConnection.Connect.Rejected","description":"vhost h is closed"/,
    );
    expect(more).toEqual([]);
    expect(peer.take()).toEqual(['connect h live', 'close']);
    peer.command('createStream', 3);
    peer.flush();
    expect(peer.replies()).toEqual([]);
  });

  test('everything before it is dropped', () => {
    const peer = new SessionPeer();
    peer.handshake();
    peer.command('createStream', 2);
    peer.message(9, videoFrame);
    peer.message(99, videoFrame);
    peer.connect('rtmp://h/live');
    peer.flush();
    expect(peer.take()).toEqual(['connect h live']);
    expect(peer.notices).toContain('drop unknown message, type=99');
  });

  test.each([
    ['without tcUrl', { app: 'live' }, 2005],
    ['with a number for tcUrl', { tcUrl: 7 }, 2005],
    ['without an object', null, 2003],
  ])('%s fails', (_name, object, code) => {
    const peer = new SessionPeer();
    peer.handshake();
    peer.flush();
    peer.command('connect', 1, [object]);
    expect(() => peer.flush()).toThrow(expect.objectContaining({ name: 'ProtocolError', code }));
    expect(peer.take()).toEqual([]);
  });
});

describe('publishers', () => {
  const answersOfFmle = [
    `${RESULT} 2 null undefined @3/0`,
    `${RESULT} 3 null undefined @3/0`,
    `${RESULT} 4 null 1 @3/0`,
    ON_FC_PUBLISH,
    PUBLISH_START,
  ];

  test('ffmpeg: everything pipelined, _checkbw in between, media behind', () => {
    const peer = SessionPeer.connected('rtmp://h/live');
    peer.setChunkSize(60_000);
    peer.command('releaseStream', 2, [null, 's?token=1']);
    peer.command('FCPublish', 3, [null, 's?token=1']);
    peer.command('createStream', 4);
    peer.command('_checkbw', 5);
    peer.flush();
    peer.command('publish', 6, [null, 's?token=1', 'live'], 8, 1);
    peer.message(18, encodeAmf('@setDataFrame', 'onMetaData', { width: 2 }), 4, 1);
    peer.message(9, videoFrame, 6, 1, 40);
    peer.message(8, hex('af01aa'), 4, 1, 41);
    peer.flush();
    expect(peer.replies()).toEqual(answersOfFmle);
    expect(peer.take()).toEqual([
      'fmle-publish h/live/s?token=1',
      `media 18 0 ${encodeAmf('onMetaData', { width: 2 }).toString('hex')}`,
      `media 9 40 ${videoFrame.toString('hex')}`,
      'media 8 41 af01aa',
    ]);
    expect(peer.session.state).toBe('publishing');
  });

  test('OBS and librtmp: one command after the other', () => {
    const peer = SessionPeer.connected();
    const steps: [string, number, readonly (string | null)[], number][] = [
      ['releaseStream', 2, [null, 's'], 0],
      ['FCPublish', 3, [null, 's'], 0],
      ['createStream', 4, [null], 0],
      ['publish', 5, [null, 's', 'live'], 1],
    ];
    const replies: string[] = [];
    for (const [name, id, values, streamId] of steps) {
      peer.command(name, id, values, 3, streamId);
      peer.flush();
      replies.push(...peer.replies());
    }
    expect(replies).toEqual(answersOfFmle);
  });

  test('GStreamer rtmp2sink: transaction ids of 0', () => {
    const peer = SessionPeer.connected();
    peer.message(5, hex('002625a0'), 2, 0);
    peer.command('releaseStream', 0, [null, 's']);
    peer.command('FCPublish', 0, [null, 's']);
    peer.command('createStream', 2);
    peer.command('publish', 0, [null, 's', 'live'], 3, 1);
    peer.setChunkSize(128);
    peer.flush();
    expect(peer.replies()).toEqual([
      `${RESULT} 0 null undefined @3/0`,
      `${RESULT} 0 null undefined @3/0`,
      `${RESULT} 2 null 1 @3/0`,
      ON_FC_PUBLISH,
      PUBLISH_START,
    ]);
    expect(peer.session.inAckSize).toBe(2_500_000);
  });

  test('Haivision: _checkbw, createStream, FCPublish, publish', () => {
    const peer = SessionPeer.connected();
    peer.command('_checkbw', 2);
    peer.command('createStream', 3);
    peer.command('FCPublish', 4, [null, 's']);
    peer.command('publish', 5, [null, 's', 'live'], 4, 1);
    peer.flush();
    expect(peer.replies()).toEqual([
      `${RESULT} 2 null null @3/0`,
      `${RESULT} 3 null 1 @3/0`,
      `${RESULT} 4 null undefined @3/0`,
      ON_FC_PUBLISH,
      PUBLISH_START,
    ]);
    expect(peer.take()).toEqual(['haivision-publish h/live/s']);
  });

  test('Flash, nginx-rtmp, SRS edges: createStream and publish', () => {
    const peer = SessionPeer.connected();
    peer.command('createStream', 2);
    peer.command('publish', 0, [null, 's', 'live'], 5, 1);
    peer.flush();
    expect(peer.replies()).toEqual([`${RESULT} 2 null 1 @3/0`, PUBLISH_START]);
    expect(peer.take()).toEqual(['flash-publish h/live/s']);
  });

  test('Flash in AMF3 commands', () => {
    const peer = new SessionPeer();
    peer.handshake();
    const amf3 = (...values: readonly AmfValue[]): Buffer => Buffer.concat([hex('00'), encodeAmf(...values)]);
    peer.connect('rtmp://h/live', { objectEncoding: 3 });
    peer.message(17, amf3('createStream', 2, null), 3, 0);
    peer.message(17, amf3('publish', 0, null, 's', 'live'), 3, 1);
    peer.message(15, amf3('onMetaData', { a: 1 }), 3, 1);
    peer.flush();
    expect(peer.take()).toEqual([
      'connect h live',
      'flash-publish h/live/s',
      `media 18 0 ${encodeAmf('onMetaData', { a: 1 }).toString('hex')}`,
    ]);
    expect(peer.replies().slice(-1)).toEqual([PUBLISH_START]);
  });

  test.each([
    ['only FCPublish', ['FCPublish', 'createStream', 'publish'], 'fmle-publish'],
    ['only releaseStream', ['releaseStream', 'createStream', 'publish'], 'fmle-publish'],
    ['no createStream', ['releaseStream', 'FCPublish', 'publish'], 'fmle-publish'],
    ['publish alone', ['publish'], 'flash-publish'],
    [
      'releaseStream twice',
      ['releaseStream', 'releaseStream', 'FCPublish', 'createStream', 'publish'],
      'fmle-publish',
    ],
    ['FCPublish late', ['createStream', 'releaseStream', 'FCPublish', 'publish'], 'haivision-publish'],
  ])('%s: SRS lets it hang, here it is served', (_name, names, kind) => {
    const peer = SessionPeer.connected();
    for (const [index, name] of names.entries()) peer.command(name, index + 2, [null, 's', 'live']);
    peer.flush();
    expect(peer.take()).toEqual([`${kind} h/live/s`]);
    expect(peer.replies().slice(-1)).toEqual([PUBLISH_START]);
  });

  test('the announced name counts, with its parameters; its vhost, too', () => {
    const peer = SessionPeer.connected('rtmp://h/live?vhost=A');
    peer.command('releaseStream', 2, [null, 'a?vhost=B&k=v']);
    peer.command('FCPublish', 3, [null, 'b']);
    peer.command('createStream', 4);
    peer.command('publish', 5, [null, 'c', 'live']);
    peer.flush();
    expect(peer.take()).toEqual(['fmle-publish B/live/a?vhost=B&k=v']);
  });

  test('parameters that only publish has are not lost', () => {
    const peer = SessionPeer.connected();
    peer.command('FCPublish', 3, [null, 'a']);
    peer.command('createStream', 4);
    peer.command('publish', 5, [null, 'a?token=1', 'live']);
    peer.flush();
    expect(peer.take()).toEqual(['fmle-publish h/live/a?token=1']);
  });

  test('without a stream key: the name is found in the app', () => {
    const peer = SessionPeer.connected('rtmp://h/live/key');
    peer.command('releaseStream', 2, [null, '']);
    peer.command('FCPublish', 3, [null, '']);
    peer.command('createStream', 4);
    peer.command('publish', 5, [null, '', 'live']);
    peer.flush();
    expect(peer.take()).toEqual(['fmle-publish h/live/key']);
  });

  test('any stream id will do', () => {
    const peer = SessionPeer.connected();
    peer.command('createStream', 2);
    peer.command('publish', 0, [null, 's', 'live'], 5, 7);
    peer.message(8, hex('af01aa'), 4, 9, 5);
    peer.flush();
    expect(peer.take()).toEqual(['flash-publish h/live/s', 'media 8 5 af01aa']);
    expect(peer.replies().at(-1)).toBe(PUBLISH_START);
  });

  test('the host answers late: nothing of what came meanwhile is lost', () => {
    for (const step of [undefined, 1, 100]) {
      const peer = SessionPeer.connected();
      peer.answers = 'wait';
      peer.command('releaseStream', 2, [null, 's']);
      peer.command('FCPublish', 3, [null, 's']);
      peer.command('createStream', 4);
      peer.command('publish', 5, [null, 's', 'live'], 4, 1);
      peer.message(9, videoFrame, 6, 1, 0);
      peer.setChunkSize(4096);
      peer.message(9, body(5000), 6, 1, 40);
      peer.flush(step);
      expect(peer.take()).toEqual(['fmle-publish h/live/s']);
      // onFCPublish goes out at once, Publish.Start only when the host has agreed (SRS 5.0.212).
      expect(peer.replies()).toEqual(answersOfFmle.slice(0, 4));
      expect(peer.session.isDeciding).toBe(true);
      peer.session.acceptPublish(peer.publishes[0]!.requestId);
      expect(peer.replies()).toEqual([PUBLISH_START]);
      expect(peer.take()).toEqual([
        `media 9 0 ${videoFrame.toString('hex')}`,
        `media 9 40 ${body(5000).toString('hex')}`,
      ]);
    }
  });

  test('a whole dialogue sent before any answer, with every answer late', () => {
    const peer = new SessionPeer();
    peer.answers = 'wait';
    peer.handshake();
    peer.connect('rtmp://h/live');
    peer.command('createStream', 2);
    peer.command('publish', 0, [null, 's', 'live']);
    peer.message(9, videoFrame);
    peer.command('closeStream', 0);
    peer.command('createStream', 3);
    peer.command('play', 0, [null, 't']);
    peer.flush();
    expect(peer.take()).toEqual(['connect h live']);
    peer.acceptConnect();
    expect(peer.take()).toEqual(['flash-publish h/live/s']);
    peer.session.acceptPublish(peer.publishes[0]!.requestId);
    expect(peer.take()).toEqual([
      `media 9 0 ${videoFrame.toString('hex')}`,
      'publish ended',
      'play h/live/t 0',
    ]);
    peer.session.acceptPlay(peer.plays[0]!.requestId);
    expect(peer.replies().slice(-4)).toEqual(PLAY_START);
  });

  test('refused: told why, then closed', () => {
    const peer = SessionPeer.connected();
    peer.answers = 'wait';
    peer.command('createStream', 2);
    peer.command('publish', 0, [null, 's', 'live']);
    peer.message(9, videoFrame);
    peer.flush();
    peer.replies();
    const { requestId } = peer.publishes[0]!;
    peer.session.rejectPublish(requestId, { description: 'stream s is busy' });
    expect(peer.replies()).toEqual([
      'onStatus 0 null {"level":"error","code":"NetStream.Publish.BadName","description":"stream s is busy","clientid":"ASAICiss"} @5/1',
    ]);
    expect(peer.take()).toEqual(['flash-publish h/live/s', 'close']);
    peer.session.acceptPublish(requestId);
    expect(peer.replies()).toEqual([]);
  });

  test("refused with a code of the host's", () => {
    const peer = SessionPeer.connected();
    peer.answers = 'wait';
    peer.command('publish', 0, [null, 's', 'live']);
    peer.flush();
    const code = 'NetStream.Publish.Denied';
    peer.session.rejectPublish(peer.publishes[0]!.requestId, { code, description: 'no' });
    expect(peer.replies()[0]).toContain(`"code":"${code}","description":"no"`);
  });

  test.each([
    ['an empty name', 'rtmp://h/live', '', 2051, 'empty stream'],
    ['a tcUrl without schema', 'h/live', 's', 2006, 'discovery tcUrl failed'],
    ['a tcUrl without host', 'rtmp:///live', 's', 2006, 'discovery tcUrl failed'],
  ])('%s is refused in words, then fails', (_name, tcUrl, stream, code, words) => {
    for (const [command, status] of [
      ['publish', 'NetStream.Publish.BadName'],
      ['play', 'NetStream.Play.StreamNotFound'],
    ] as const) {
      const peer = SessionPeer.connected(tcUrl);
      peer.command('createStream', 2);
      peer.command(command, 0, [null, stream, 'live']);
      expect(() => peer.flush()).toThrow(expect.objectContaining({ code }));
      const reply = peer.replies().at(-1);
      expect(reply).toContain(status);
      expect(reply).toContain(words);
      expect(peer.take()).toEqual([]);
    }
  });

  test('aggregates are split', () => {
    const peer = fmlePublisher();
    const tag = (typeId: number, time: number, data: string): Buffer => {
      const header = Buffer.alloc(11);
      header[0] = typeId;
      header.writeUIntBE(data.length / 2, 1, 3);
      header.writeUIntBE(time, 4, 3);
      return Buffer.concat([header, hex(data), Buffer.alloc(4)]);
    };
    peer.message(
      22,
      Buffer.concat([tag(9, 100, '1701'), tag(8, 110, 'af01'), tag(18, 120, '0200016e')]),
      6,
      1,
      500,
    );
    peer.flush();
    expect(peer.take()).toEqual(['media 9 500 1701', 'media 8 510 af01', 'media 18 520 0200016e']);
    peer.message(22, hex('09 0000ff'), 6, 1, 500);
    expect(() => peer.flush()).toThrow(expect.objectContaining({ code: 2024 }));
  });

  test('data that cannot be read is dropped, publishing goes on', () => {
    const peer = fmlePublisher();
    peer.message(15, hex('00 12 12 12 12 12'));
    peer.message(18, hex('00000001'));
    peer.message(9, videoFrame);
    peer.flush();
    expect(peer.take()).toEqual([`media 9 0 ${videoFrame.toString('hex')}`]);
    expect(peer.notices.at(-1)).toMatch(/drop data message, type=15/);
  });

  test('unknown messages are dropped', () => {
    const peer = fmlePublisher();
    for (const typeId of [7, 16, 19, 99]) peer.message(typeId, videoFrame);
    peer.flush();
    expect(peer.take()).toEqual([]);
    expect(peer.replies()).toEqual([]);
  });

  test('may send messages of 16 MB', () => {
    const peer = fmlePublisher();
    peer.setChunkSize(1_000_000);
    peer.message(9, Buffer.alloc(0xffffff, 0x17));
    peer.flush();
    expect(peer.take()[0]).toHaveLength('media 9 0 '.length + 2 * 0xffffff);
  });
});

describe('the end of a publish', () => {
  test('FMLE: FCUnpublish is answered, and the connection publishes again', () => {
    const peer = fmlePublisher();
    peer.command('FCUnpublish', 7, [null, 's']);
    peer.command('deleteStream', 8, [null, 1]);
    peer.flush();
    expect(peer.replies()).toEqual([...UNPUBLISHED, `${RESULT} 8 null null @3/0`]);
    expect(peer.take()).toEqual(['publish ended']);
    expect(peer.session.state).toBe('idle');
    peer.message(9, videoFrame);
    peer.command('releaseStream', 9, [null, 't']);
    peer.command('FCPublish', 10, [null, 't']);
    peer.command('createStream', 11);
    peer.command('publish', 12, [null, 't', 'live']);
    peer.message(9, videoFrame);
    peer.flush();
    expect(peer.take()).toEqual(['fmle-publish h/live/t', `media 9 0 ${videoFrame.toString('hex')}`]);
  });

  test.each(['releaseStream', 'FCPublish'])('FMLE: %s ends it, too', (name) => {
    const peer = fmlePublisher();
    peer.command(name, 7, [null, 's']);
    peer.flush();
    expect(peer.replies()).toEqual(UNPUBLISHED);
    expect(peer.take()).toEqual(['publish ended']);
  });

  test.each(['deleteStream', 'closeStream'])('FMLE: %s ends it without a word', (name) => {
    const peer = fmlePublisher();
    peer.command(name, 7, [null, 1]);
    peer.flush();
    expect(peer.replies()).toEqual([]);
    expect(peer.take()).toEqual(['publish ended']);
  });

  test.each(['_checkbw', 'getStreamLength', 'createStream', 'publish', 'play', 'pause'])(
    'FMLE: %s is ignored',
    (name) => {
      const peer = fmlePublisher();
      peer.command(name, 7, [null, 's']);
      peer.flush();
      expect(peer.replies()).toEqual([]);
      expect(peer.take()).toEqual([]);
      expect(peer.notices.at(-1)).toBe(`fmle ignore AMF0/AMF3 command message. command=${name}`);
    },
  );

  test.each(['FCUnpublish', 'deleteStream', 'closeStream'])('Flash: %s ends it without a word', (name) => {
    const peer = flashPublisher();
    peer.command(name, 7, [null, 1]);
    peer.flush();
    expect(peer.replies()).toEqual([]);
    expect(peer.take()).toEqual(['publish ended']);
  });

  test('Flash: the next createStream ends it and is answered', () => {
    const peer = flashPublisher();
    peer.command('createStream', 7);
    peer.command('play', 0, [null, 'other']);
    peer.flush();
    expect(peer.take()).toEqual(['publish ended', 'play h/live/other 0']);
    expect(peer.replies()).toEqual([`${RESULT} 7 null 1 @3/0`, ...PLAY_START]);
  });

  test('Flash: unknown calls do not end it', () => {
    const peer = flashPublisher();
    peer.command('_checkbw', 7);
    peer.message(9, videoFrame);
    peer.flush();
    expect(peer.take()).toEqual([`media 9 0 ${videoFrame.toString('hex')}`]);
  });

  test('by the host: told only what the host says', () => {
    const peer = fmlePublisher();
    peer.session.endPublish();
    expect(peer.replies()).toEqual([]);
    expect(peer.session.state).toBe('idle');
    expect(peer.take()).toEqual([]);
    peer.session.endPublish();
    const other = fmlePublisher();
    other.session.endPublish({ code: 'NetStream.Unpublish.Success', description: 'kicked' });
    expect(other.replies()[0]).toContain(
      '"level":"status","code":"NetStream.Unpublish.Success","description":"kicked"',
    );
  });

  test('large messages are not welcome any more', () => {
    const peer = fmlePublisher();
    peer.command('FCUnpublish', 7, [null, 's']);
    peer.flush();
    peer.raw(h0(6, 0, 0xffffff, 9));
    expect(() => peer.flush()).toThrow(expect.objectContaining({ kind: 'messageTooLarge' }));
  });
});

describe('players', () => {
  test('ffmpeg: window, createStream, two calls without answers, play, buffer length', () => {
    const peer = SessionPeer.connected();
    peer.message(5, hex('002625a0'), 2, 0);
    peer.command('createStream', 2);
    peer.command('_checkbw', 3);
    peer.command('getStreamLength', 4, [null, 's'], 8, 0);
    peer.command('play', 5, [null, 's', -2000], 8, 1);
    peer.message(4, hex('0003 00000001 00000bb8'), 2, 0);
    peer.flush();
    expect(peer.replies()).toEqual([`${RESULT} 2 null 1 @3/0`, ...PLAY_START]);
    expect(peer.take()).toEqual(['play h/live/s 0']);
    expect(peer.session.bufferLengthMs).toBe(3000);
    expect(peer.session.inAckSize).toBe(2_500_000);
  });

  test('rtmpdump and GStreamer rtmpsrc: FCSubscribe, later messages of type 1', () => {
    const peer = SessionPeer.connected();
    peer.raw(hex('02 000000 000004 05 00000000 002625a0'));
    peer.raw(hex('42 000000 00000a 04 0003 00000000 0000012c'));
    peer.command('createStream', 2);
    peer.command('FCSubscribe', 3, [null, 's']);
    peer.command('_checkbw', 4);
    peer.command('play', 5, [null, 's', -1000], 8, 1);
    peer.raw(hex('42 000001 00000a 04 0003 00000001 00008ca0'));
    peer.flush();
    expect(peer.replies()).toEqual([`${RESULT} 2 null 1 @3/0`, ...PLAY_START]);
    peer.command('deleteStream', 6, [null, 1]);
    peer.flush();
    expect(peer.replies()).toEqual([`${RESULT} 6 null null @3/0`]);
    expect(peer.take()).toEqual(['play h/live/s 0', 'play ended']);
  });

  test('GStreamer rtmp2src: play with transaction id 0', () => {
    const peer = SessionPeer.connected();
    peer.message(5, hex('002625a0'), 2, 0);
    peer.message(5, hex('002625a0'), 2, 0);
    peer.command('createStream', 2);
    peer.command('play', 0, [null, 's', -2], 3, 1);
    peer.flush();
    expect(peer.replies()).toEqual([`${RESULT} 2 null 1 @3/0`, ...PLAY_START]);
  });

  test('play without createStream, and up to three of them', () => {
    for (let count = 0; count <= 3; count++) {
      const peer = SessionPeer.connected();
      for (let i = 0; i < count; i++) peer.command('createStream', 2 + i);
      peer.command('play', 0, [null, 's', 0, 5000, true]);
      peer.flush();
      expect(peer.take()).toEqual(['play h/live/s 5000']);
    }
  });

  test('the fourth createStream fails', () => {
    const peer = SessionPeer.connected();
    for (let i = 0; i < 4; i++) peer.command('createStream', 2 + i);
    expect(() => peer.flush()).toThrow(expect.objectContaining({ code: 2055 }));
  });

  test('calls before createStream get a null, even with transaction id 0', () => {
    const peer = SessionPeer.connected();
    peer.command('_checkbw', 2);
    peer.command('FCSubscribe', 0, [null, 's']);
    peer.command('whatever', 9);
    peer.command('closeStream', 0);
    peer.command('pause', 0, [null, true, 0]);
    peer.flush();
    expect(peer.replies()).toEqual([
      `${RESULT} 2 null null @3/0`,
      `${RESULT} 0 null null @3/0`,
      `${RESULT} 9 null null @3/0`,
    ]);
    expect(peer.take()).toEqual([]);
  });

  test('pause and unpause', () => {
    const peer = player();
    peer.command('pause', 0, [null, true, 1000]);
    peer.flush();
    expect(peer.replies()).toEqual([
      'onStatus 0 null {"level":"status","code":"NetStream.Pause.Notify","description":"Paused stream."} @5/1',
      'user 1 1 @2/0',
    ]);
    peer.command('pause', 0, [null, false, 1000]);
    peer.flush();
    expect(peer.replies()).toEqual([
      'onStatus 0 null {"level":"status","code":"NetStream.Unpause.Notify","description":"Unpaused stream."} @5/1',
      'user 0 1 @2/0',
    ]);
    expect(peer.take()).toEqual(['paused', 'resumed']);
  });

  test('closeStream, and another play on the same connection', () => {
    const peer = player();
    peer.command('closeStream', 0, [null], 8, 1);
    peer.flush();
    expect(peer.replies()).toEqual([]);
    peer.command('createStream', 3);
    peer.command('play', 0, [null, 't']);
    peer.flush();
    expect(peer.take()).toEqual(['play ended', 'play h/live/t 0']);
    expect(peer.replies()).toEqual([`${RESULT} 3 null 1 @3/0`, ...PLAY_START]);
  });

  test('other calls while playing', () => {
    const peer = player();
    for (const name of ['seek', 'receiveAudio', 'receiveVideo', 'whatever']) {
      peer.command(name, 7, [null, true]);
      peer.command(name, 0, [null, true]);
      peer.flush();
      expect(peer.replies()).toEqual([`${RESULT} 7 null null @3/0`]);
    }
    for (const name of ['createStream', 'play', 'publish']) peer.command(name, 8, [null, 's']);
    peer.flush();
    expect(peer.replies()).toEqual([]);
    expect(peer.take()).toEqual([]);
  });

  test('media of a player goes nowhere', () => {
    const peer = player();
    peer.message(9, videoFrame);
    peer.flush();
    expect(peer.take()).toEqual([]);
  });

  test('media may follow acceptPlay at once: all that precedes it has gone out', () => {
    const peer = SessionPeer.connected();
    peer.answers = 'wait';
    peer.command('createStream', 2);
    peer.command('play', 0, [null, 's']);
    peer.flush();
    const writes = peer.writes;
    peer.session.acceptPlay(peer.plays[0]!.requestId);
    expect(peer.writes).toBe(writes + 1);
    expect(peer.replies().slice(-4)).toEqual(PLAY_START);
  });

  test('refused: told why, then closed', () => {
    const peer = SessionPeer.connected();
    peer.answers = 'wait';
    peer.command('play', 0, [null, 's']);
    peer.flush();
    const status = { code: 'NetStream.Play.StreamNotFound', description: 'no vhost x' };
    peer.session.rejectPlay(peer.plays[0]!.requestId, status);
    expect(peer.replies()).toEqual([
      'onStatus 0 null {"level":"error","code":"NetStream.Play.StreamNotFound","description":"no vhost x","clientid":"ASAICiss"} @5/1',
    ]);
    expect(peer.take()).toEqual(['play h/live/s 0', 'close']);
  });

  test('redirected: code 302 and both URLs, closed when the client answers', () => {
    const peer = SessionPeer.connected();
    peer.answers = 'wait';
    peer.command('play', 0, [null, 's']);
    peer.flush();
    const target = { tcUrl: 'rtmp://1.2.3.4:1935/live', url: 'rtmp://1.2.3.4:1935/live/s' };
    peer.session.redirectPlay(peer.plays[0]!.requestId, target);
    expect(peer.replies()).toEqual([
      'onStatus 0 null {"level":"error","code":"NetConnection.Connect.Rejected","description":"RTMP 302 Redirect","ex":{"code":302,"redirect":"rtmp://1.2.3.4:1935/live","redirect2":"rtmp://1.2.3.4:1935/live/s"}} @5/0',
    ]);
    expect(peer.take()).toEqual(['play h/live/s 0']);
    peer.command('redirected', 3);
    peer.flush();
    expect(peer.take()).toEqual(['close']);
  });

  test('ended by the host, with and without a word', () => {
    const peer = player();
    peer.session.endPlay({ code: 'NetStream.Play.UnpublishNotify', description: 'gone' });
    expect(peer.replies()).toEqual([
      'onStatus 0 null {"level":"status","code":"NetStream.Play.UnpublishNotify","description":"gone","details":"stream","clientid":"ASAICiss"} @5/1',
    ]);
    const other = player();
    other.session.endPlay();
    expect(other.replies()).toEqual([]);
    expect(other.session.state).toBe('idle');
  });
});

describe('protocol control', () => {
  test('pings are answered at once, in every state', () => {
    for (const peer of [SessionPeer.connected(), fmlePublisher(), player()]) {
      peer.message(4, hex('0006 00003456'), 2, 0);
      peer.flush();
      expect(peer.replies()).toEqual(['user 7 13398 @2/0']);
    }
  });

  test('acknowledgements count the handshake, at half the window', () => {
    const peer = new SessionPeer();
    peer.handshake();
    peer.flush();
    peer.message(5, hex('00000200'), 2, 0);
    peer.flush();
    // 3073 bytes of handshake and 16 of this message.
    expect(peer.replies()).toEqual(['ack 3089 @2/0']);
    peer.message(8, body(100), 4, 0);
    peer.flush();
    expect(peer.replies()).toEqual([]);
    peer.message(8, body(150), 4, 0);
    peer.flush();
    expect(peer.replies()).toEqual([`ack ${3089 + 112 + 163} @2/0`]);
  });

  test('without a window of the peer there are none, unless the host wants them', () => {
    for (const inAckSize of [0, 512]) {
      const peer = new SessionPeer();
      peer.inAckSize = inAckSize;
      peer.handshake();
      peer.connect('rtmp://h/live');
      peer.flush();
      peer.replies();
      peer.message(8, body(2000), 4, 0);
      peer.flush();
      expect(peer.replies().filter((reply) => reply.startsWith('ack'))).toHaveLength(inAckSize === 0 ? 0 : 1);
    }
  });

  test('a window of 0 changes nothing', () => {
    const peer = SessionPeer.connected();
    peer.message(5, hex('00000000'), 2, 0);
    peer.flush();
    expect(peer.session.inAckSize).toBe(0);
  });

  test('acknowledgements and bandwidth of the peer are ignored', () => {
    const peer = fmlePublisher();
    peer.message(3, hex('00001000'), 2, 0);
    peer.message(6, hex('002625a002'), 2, 0);
    peer.flush();
    expect(peer.replies()).toEqual([]);
    expect(peer.take()).toEqual([]);
  });

  test('a chunk size beyond what is usual is noticed', () => {
    const peer = SessionPeer.connected();
    peer.setChunkSize(1_000_000);
    peer.flush();
    expect(peer.notices.at(-1)).toBe('accept chunk=1000000, should in [128, 65536], please see #160');
    expect(peer.session.inChunkSize).toBe(1_000_000);
  });
});

describe('bad input', () => {
  test.each([
    ['a result that nobody asked for', () => encodeAmf('_result', 1, null), 2017],
    ['an error that nobody asked for', () => encodeAmf('_error', 1, null), 2017],
    ['a stream name that is no string', () => encodeAmf('publish', 1, null, false), 2003],
    ['a command without a name', () => encodeAmf(1), 2003],
  ])('%s fails', (_name, payload, code) => {
    const peer = SessionPeer.connected();
    peer.message(20, payload(), 3, 0);
    expect(() => peer.flush()).toThrow(expect.objectContaining({ code }));
  });

  test('what was answered before the violation still goes out, nothing after it', () => {
    const peer = SessionPeer.connected();
    peer.command('createStream', 2);
    peer.message(1, hex('00000001'), 2, 0);
    peer.command('createStream', 3);
    expect(() => peer.flush()).toThrow(expect.objectContaining({ code: 2010 }));
    expect(peer.replies()).toEqual([`${RESULT} 2 null 1 @3/0`]);
    peer.command('createStream', 4);
    peer.flush();
    expect(peer.replies()).toEqual([]);
  });

  test('a violation in input that waited is told to the host, not thrown at its answer', () => {
    const peer = SessionPeer.connected();
    peer.answers = 'wait';
    peer.command('publish', 0, [null, 's']);
    peer.message(1, hex('00000001'), 2, 0);
    peer.flush();
    peer.take();
    expect(() => peer.session.acceptPublish(peer.publishes[0]!.requestId)).not.toThrow();
    expect(peer.take()).toEqual(['close']);
    expect(peer.notices.at(-1)).toMatch(/code=2010/);
  });

  test('no more than a megabyte waits for an answer', () => {
    const peer = SessionPeer.connected();
    peer.answers = 'wait';
    peer.command('publish', 0, [null, 's']);
    peer.flush();
    peer.raw(Buffer.alloc(1024 * 1024));
    peer.flush();
    peer.raw(Buffer.alloc(1));
    expect(() => peer.flush()).toThrow(expect.objectContaining({ kind: 'tooManyPending' }));
  });

  test('a peer that causes a notice with each message is not given a log line for each', () => {
    const peer = SessionPeer.connected();
    for (let i = 0; i < 1000; i++) peer.command('closeStream', 0);
    peer.flush();
    expect(peer.notices.length).toBeLessThan(100);
    expect(peer.notices.at(-1)).toMatch(/further notices/);
  });

  test('after close nothing is heard or said', () => {
    const peer = SessionPeer.connected();
    peer.session.close();
    peer.command('createStream', 2);
    peer.flush();
    expect(peer.replies()).toEqual([]);
    expect(peer.session.state).toBe('closed');
  });

  test('a trickled handshake and dialogue', () => {
    const peer = new SessionPeer();
    peer.handshake();
    peer.connect('rtmp://h/live');
    peer.command('createStream', 2);
    peer.command('play', 3, [null, 's']);
    peer.flush(1);
    expect(peer.take()).toEqual(['connect h live', 'play h/live/s 0']);
    expect(peer.replies().slice(-4)).toEqual(PLAY_START);
  });

  test("the proxy's client is noticed", () => {
    const peer = new SessionPeer();
    peer.raw(hex('f3 0004 01020304'));
    peer.handshake();
    peer.flush();
    expect(peer.notices).toEqual(['RTMP proxy real client ip=1.2.3.4', 'simple handshake success.']);
  });
});
