// The digests of the complex handshake (Adobe's, known as "FP9 handshake"; not in the RTMP 1.0 document).
// C1 and S1 are `time u32 | version u32 | block A 764 | block B 764`, a key block and a digest block in an order that
// the schema names. SRS: srs_protocol_rtmp_handshake.cpp, c1s1_strategy.

import { createHmac } from 'node:crypto';

/** Size of C1, S1, C2 and S2. */
export const PACKET_SIZE = 1536;
export const DIGEST_SIZE = 32;

/** 0: key block, then digest block. 1: digest block, then key block. */
export type DigestSchema = 0 | 1;

const SHARED_KEY = Buffer.from('f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae', 'hex');

/** What the client signs with: its first 30 bytes for C1, the whole 62 for C2. */
const PLAYER_KEY = Buffer.concat([Buffer.from('Genuine Adobe Flash Player 001'), SHARED_KEY]);
/** What the server signs with: its first 36 bytes for S1, the whole 68 for S2. */
const SERVER_KEY = Buffer.concat([Buffer.from('Genuine Adobe Flash Media Server 001'), SHARED_KEY]);

const KEYS = {
  client: { hello: PLAYER_KEY.subarray(0, 30), answer: PLAYER_KEY },
  server: { hello: SERVER_KEY.subarray(0, 36), answer: SERVER_KEY },
} as const;

/** Who signs. */
export type Side = keyof typeof KEYS;

const BLOCK_SIZE = 764;
const BLOCKS_START = 8;

/** The digest of a C1 (`signer` client) or S1 (server), if it is the right one for this schema. */
export function findDigest(packet: Buffer, signer: Side, schema: DigestSchema): Buffer | undefined {
  const at = digestOffset(packet, schema);
  const found = packet.subarray(at, at + DIGEST_SIZE);
  return found.equals(helloDigest(packet, signer, at)) ? found : undefined;
}

/** Puts the digest into a C1 or S1 whose other bytes are final. Returns a view of it. */
export function signHello(packet: Buffer, signer: Side, schema: DigestSchema): Buffer {
  const at = digestOffset(packet, schema);
  helloDigest(packet, signer, at).copy(packet, at);
  return packet.subarray(at, at + DIGEST_SIZE);
}

/** Puts the digest into the last 32 bytes of a C2 or S2, which answers the peer's digest in S1 or C1. */
export function signAnswer(packet: Buffer, signer: Side, peerDigest: Buffer): void {
  answerDigest(packet, signer, peerDigest).copy(packet, PACKET_SIZE - DIGEST_SIZE);
}

/** Does a C2 or S2 carry the right answer to this side's digest? */
export function isAnswerValid(packet: Buffer, signer: Side, peerDigest: Buffer): boolean {
  return packet.subarray(PACKET_SIZE - DIGEST_SIZE).equals(answerDigest(packet, signer, peerDigest));
}

/** The sum of the four offset bytes says where in its block the digest is. */
function digestOffset(packet: Buffer, schema: DigestSchema): number {
  const block = BLOCKS_START + (schema === 0 ? BLOCK_SIZE : 0);
  const sum = packet[block]! + packet[block + 1]! + packet[block + 2]! + packet[block + 3]!;
  return block + 4 + (sum % (BLOCK_SIZE - 4 - DIGEST_SIZE));
}

function helloDigest(packet: Buffer, signer: Side, digestAt: number): Buffer {
  return createHmac('sha256', KEYS[signer].hello)
    .update(packet.subarray(0, digestAt))
    .update(packet.subarray(digestAt + DIGEST_SIZE))
    .digest();
}

function answerDigest(packet: Buffer, signer: Side, peerDigest: Buffer): Buffer {
  const key = createHmac('sha256', KEYS[signer].answer).update(peerDigest).digest();
  return createHmac('sha256', key)
    .update(packet.subarray(0, PACKET_SIZE - DIGEST_SIZE))
    .digest();
}
