import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ClientHandshake } from '../../../../src/protocol/rtmp/handshake/client-handshake.ts';
import {
  findDigest,
  isAnswerValid,
  signAnswer,
  signHello,
} from '../../../../src/protocol/rtmp/handshake/digest.ts';
import { ServerHandshake } from '../../../../src/protocol/rtmp/handshake/server-handshake.ts';

const golden = (name: string): Buffer =>
  readFileSync(join(import.meta.dirname, '../../../golden/rtmp', name));

const noise = Buffer.concat(
  Array.from({ length: 128 }, (_, i) => createHash('sha256').update(`${i}`).digest()),
);

/** The same for every run. */
function randomBytes(size: number): Buffer {
  return Buffer.from(noise.subarray(0, size));
}

const nowMs = 1_700_000_000_123;

interface Result {
  readonly handshake: ServerHandshake;
  readonly answer: Buffer;
  readonly rest: number;
}

/** Feeds a server handshake in pieces of `step` bytes. */
function serve(bytes: Buffer, step: number = bytes.length): Result {
  const handshake = new ServerHandshake(randomBytes);
  const out: Buffer[] = [];
  let rest = 0;
  for (let at = 0; at < bytes.length; at += step) {
    const piece = Buffer.from(bytes.subarray(at, at + step));
    const taken = handshake.receive(piece, 0, nowMs, (answer) => out.push(Buffer.from(answer)));
    rest += piece.length - taken;
    piece.fill(0);
  }
  return { handshake, answer: Buffer.concat(out), rest };
}

const flashC0c1 = golden('flash-c0c1.bin');
const flashExchange = golden('flash-exchange-client.bin');
const serverExchange = golden('flash-exchange-server.bin');
const simpleC0c1 = Buffer.concat([
  Buffer.from([3]),
  Buffer.from('00000001' + '00000000', 'hex'),
  randomBytes(1528),
]);
const anyC2 = Buffer.alloc(1536, 9);

describe('digests of Flash and of a media server', () => {
  test('C1 of a Flash player has schema 0', () => {
    const c1 = flashC0c1.subarray(1);
    expect(c1.readUInt32BE(0)).toBe(0x000f64d0);
    expect(c1.readUInt32BE(4)).toBe(0x80000702);
    const digest = findDigest(c1, 'client', 0);
    expect(digest?.toString('hex')).toBe('6c969f26ebdc61c48fd32b81866c9cc2b1b5bca6d6d61dce9378b3eca8641913');
    expect(findDigest(c1, 'client', 1)).toBeUndefined();
    expect(findDigest(c1, 'server', 0)).toBeUndefined();
  });

  test('a whole exchange validates', () => {
    const c1 = flashExchange.subarray(1, 1537);
    const c2 = flashExchange.subarray(1537);
    const s1 = serverExchange.subarray(1, 1537);
    const s2 = serverExchange.subarray(1537);
    const c1Digest = findDigest(c1, 'client', 0)!;
    const s1Digest = findDigest(s1, 'server', 0)!;
    expect(isAnswerValid(s2, 'server', c1Digest)).toBe(true);
    expect(isAnswerValid(c2, 'client', s1Digest)).toBe(true);
    expect(isAnswerValid(c2, 'client', c1Digest)).toBe(false);
  });

  test.each([
    [0, 'client'],
    [0, 'server'],
    [1, 'client'],
    [1, 'server'],
  ] as const)('signed with schema %i by the %s, found again', (schema, signer) => {
    for (const seed of [0, 1, 0x7f, 0xff]) {
      const packet = randomBytes(1536);
      packet.fill(seed, 8, 12);
      packet.fill(seed, 772, 776);
      const digest = Buffer.from(signHello(packet, signer, schema));
      expect(findDigest(packet, signer, schema)).toEqual(digest);
      packet[1000]! ^= 1;
      expect(findDigest(packet, signer, schema)).toBeUndefined();
      const answer = randomBytes(1536);
      signAnswer(answer, signer, digest);
      expect(isAnswerValid(answer, signer, digest)).toBe(true);
    }
  });
});

describe('server', () => {
  test("simple: S1 has the time and the client's, S2 is C1", () => {
    const { handshake, answer, rest } = serve(Buffer.concat([simpleC0c1, anyC2]));
    expect(handshake.isDone).toBe(true);
    expect(handshake.kind).toBe('simple');
    expect(rest).toBe(0);
    expect(answer).toHaveLength(3073);
    expect(answer[0]).toBe(3);
    expect(answer.readUInt32BE(1)).toBe(1_700_000_000);
    expect(answer.readUInt32BE(5)).toBe(1);
    expect(answer.subarray(1537)).toEqual(simpleC0c1.subarray(1));
  });

  test.each([0, 1] as const)('complex, schema %i', (schema) => {
    const c0c1 = Buffer.concat([Buffer.from([3]), randomBytes(1536)]);
    const digest = Buffer.from(signHello(c0c1.subarray(1), 'client', schema));
    const { handshake, answer } = serve(Buffer.concat([c0c1, anyC2]));
    expect(handshake.isDone).toBe(true);
    expect(handshake.kind).toBe('complex');
    const s1 = answer.subarray(1, 1537);
    expect(s1.readUInt32BE(0)).toBe(1_700_000_000);
    expect(s1.readUInt32BE(4)).toBe(0x01000504);
    expect(findDigest(s1, 'server', schema)).toBeDefined();
    expect(isAnswerValid(answer.subarray(1537), 'server', digest)).toBe(true);
  });

  test.each([
    ['Flash', flashC0c1],
    ['Flash, an exchange', flashExchange.subarray(0, 1537)],
  ])('%s gets a complex answer', (_name, c0c1) => {
    expect(serve(Buffer.concat([c0c1, anyC2])).handshake.kind).toBe('complex');
  });

  test('a version in C1 without a valid digest: simple', () => {
    const c0c1 = Buffer.from(flashC0c1);
    c0c1[1536]! ^= 1;
    expect(serve(Buffer.concat([c0c1, anyC2])).handshake.kind).toBe('simple');
  });

  test('a good digest excuses the version in C0', () => {
    const c0c1 = Buffer.from(flashC0c1);
    c0c1[0] = 6;
    expect(serve(Buffer.concat([c0c1, anyC2])).handshake.isDone).toBe(true);
  });

  test.each([
    ['simple', Buffer.concat([simpleC0c1, anyC2])],
    ['complex', Buffer.concat([flashC0c1, anyC2])],
    ['behind a proxy', Buffer.concat([Buffer.from('f30004' + '01020304', 'hex'), simpleC0c1, anyC2])],
  ])('%s: cut at every byte', (_name, bytes) => {
    const whole = serve(bytes).answer;
    for (let cut = 1; cut < bytes.length; cut++) {
      const handshake = new ServerHandshake(randomBytes);
      const out: Buffer[] = [];
      const first = handshake.receive(bytes.subarray(0, cut), 0, nowMs, (answer) => out.push(answer));
      const wasDone = handshake.isDone;
      handshake.receive(bytes, cut, nowMs, (answer) => out.push(answer));
      const isSame = out.length === 1 && whole.equals(out[0]!);
      if (first !== cut || wasDone || !handshake.isDone || !isSame) expect.fail(`cut at ${cut}`);
    }
    expect(serve(bytes, 1).answer).toEqual(whole);
    expect(serve(bytes.subarray(0, -1)).handshake.isDone).toBe(false);
  });

  test('bytes glued to C2 are left', () => {
    const bytes = Buffer.concat([simpleC0c1, anyC2, Buffer.from('more')]);
    const { handshake, rest } = serve(bytes);
    expect(handshake.isDone).toBe(true);
    expect(rest).toBe(4);
    expect(handshake.receive(bytes, 5, nowMs, () => {})).toBe(5);
  });

  test('S0 S1 S2 do not go out before the last byte of C1', () => {
    expect(serve(simpleC0c1.subarray(0, -1)).answer).toHaveLength(0);
    expect(serve(simpleC0c1).answer).toHaveLength(3073);
  });

  test('a proxy names the client', () => {
    const { handshake } = serve(
      Buffer.concat([Buffer.from('f30004' + '01020304', 'hex'), simpleC0c1, anyC2]),
    );
    expect(handshake.isDone).toBe(true);
    expect(handshake.proxiedIp).toBe('1.2.3.4');
    expect(serve(Buffer.concat([simpleC0c1, anyC2])).handshake.proxiedIp).toBe('');
  });

  test('a proxy header of the largest size', () => {
    const header = Buffer.concat([
      Buffer.from('f30400', 'hex'),
      Buffer.from([9, 8, 7, 6]),
      Buffer.alloc(1020),
    ]);
    const { handshake } = serve(Buffer.concat([header, simpleC0c1, anyC2]));
    expect(handshake.proxiedIp).toBe('9.8.7.6');
    expect(handshake.isDone).toBe(true);
  });

  test.each([
    ['a proxy header of 1025 bytes', Buffer.from('f30401', 'hex'), 2054],
    ['a proxy header without an address', Buffer.from('f30003', 'hex'), 2054],
    ['RTMPE', Buffer.concat([Buffer.from([6]), randomBytes(1536)]), 2000],
    ['a TLS hello', Buffer.concat([Buffer.from([0x16]), randomBytes(1536)]), 2000],
    ['HTTP, at its first byte', Buffer.from('G'), 2000],
  ])('refuses %s', (_name, bytes, code) => {
    expect(() => serve(bytes)).toThrow(expect.objectContaining({ name: 'ProtocolError', code }));
  });

  test("in SRS's words", () => {
    expect(() => serve(Buffer.from('GET'))).toThrow('only support rtmp plain text, version=47');
  });
});

describe('client', () => {
  test('C1 is signed with schema 1, as SRS does', () => {
    const c0c1 = new ClientHandshake(randomBytes).start(nowMs);
    expect(c0c1).toHaveLength(1537);
    expect(c0c1[0]).toBe(3);
    expect(c0c1.readUInt32BE(5)).toBe(0x80000702);
    expect(findDigest(c0c1.subarray(1), 'client', 1)).toBeDefined();
  });

  /** Feeds S0 S1 S2 in pieces; returns C2 and how much was left. */
  function finish(client: ClientHandshake, bytes: Buffer, step: number): { c2: Buffer; rest: number } {
    const out: Buffer[] = [];
    let rest = 0;
    for (let at = 0; at < bytes.length; at += step) {
      const piece = bytes.subarray(at, at + step);
      rest += piece.length - client.receive(piece, 0, (c2) => out.push(Buffer.from(c2)));
    }
    return { c2: Buffer.concat(out), rest };
  }

  test.each([1, 1000, 4000])('with our server, in pieces of %i bytes', (step) => {
    const client = new ClientHandshake(randomBytes);
    const server = new ServerHandshake((size) => randomBytes(size).reverse());
    const answers: Buffer[] = [];
    server.receive(client.start(nowMs), 0, nowMs, (answer) => answers.push(answer));
    const s0s1s2 = Buffer.concat(answers);
    const { c2, rest } = finish(client, Buffer.concat([s0s1s2, Buffer.from('xy')]), step);
    expect(client.isDone).toBe(true);
    expect(rest).toBe(2);
    const s1Digest = findDigest(s0s1s2.subarray(1, 1537), 'server', 1)!;
    expect(isAnswerValid(c2, 'client', s1Digest)).toBe(true);
    server.receive(c2, 0, nowMs, () => {});
    expect(server.isDone).toBe(true);
    expect(server.kind).toBe('complex');
  });

  test('takes the answer of a real media server', () => {
    const client = new ClientHandshake(randomBytes);
    client.start(nowMs);
    const { c2 } = finish(client, serverExchange, 3073);
    const s1Digest = findDigest(serverExchange.subarray(1, 1537), 'server', 0)!;
    expect(isAnswerValid(c2, 'client', s1Digest)).toBe(true);
  });

  test('takes a simple answer, and then copies S1', () => {
    const client = new ClientHandshake(randomBytes);
    client.start(nowMs);
    const s0s1s2 = Buffer.concat([Buffer.from([3]), Buffer.alloc(8), randomBytes(3064)]);
    const { c2 } = finish(client, s0s1s2, 3073);
    expect(c2).toEqual(s0s1s2.subarray(1, 1537));
  });

  test('refuses an answer that is no RTMP, at its first byte', () => {
    const client = new ClientHandshake(randomBytes);
    client.start(nowMs);
    expect(() => finish(client, Buffer.from('HTTP/1.1 400'), 1)).toThrow(
      expect.objectContaining({ code: 2016 }),
    );
  });
});
