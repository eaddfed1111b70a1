// Sessions under commands and bytes that make no sense: they may only throw ProtocolError, and media reaches the host
// only between an accepted publish and its end.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../../src/protocol/error.ts';
import type { AmfValue } from '../../../helpers/amf0.ts';
import { hex } from './chunk-builder.ts';
import { SessionPeer } from './session-peer.ts';

const value: fc.Arbitrary<AmfValue> = fc.oneof(
  fc.constantFrom(null, undefined, true, false, 0, 1, -2000, '', 's', 's?vhost=V', '/', '?'),
  fc.constantFrom<AmfValue>({}, { code: 1 }, [], { tcUrl: 'rtmp://x/y' }, [1, 'a']),
  fc.string({ maxLength: 5 }),
);

const name = fc.constantFrom(
  ...['connect', 'releaseStream', 'FCPublish', 'FCUnpublish', 'createStream', 'publish', 'play'],
  ...['pause', 'closeStream', 'deleteStream', 'seek', '_checkbw', 'getStreamLength', 'whatever'],
);

type Step = (peer: SessionPeer) => void;

/** Mostly what a client may say, now and then with odd arguments; answers of the host in between. */
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(name, fc.nat(5)).map(
      ([command, id]): Step =>
        (peer) =>
          peer.command(command, id, [null, 's', 'live']),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(name, fc.nat(5), fc.array(value, { maxLength: 4 })).map(
      ([command, id, values]): Step =>
        (peer) =>
          peer.command(command, id, values),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(8, 9, 15, 18, 22, 3, 4, 5, 6, 99), fc.uint8Array({ maxLength: 40 }))
      .map(
        ([typeId, bytes]): Step =>
          (peer) =>
            peer.message(typeId, Buffer.from(bytes)),
      ),
  },
  fc.constantFrom<Step>(
    (peer) => peer.message(8, hex('af01aa')),
    (peer) => peer.setChunkSize(200),
    (peer) => peer.publishes.at(-1) && peer.session.acceptPublish(peer.publishes.at(-1)!.requestId),
    (peer) => peer.plays.at(-1) && peer.session.acceptPlay(peer.plays.at(-1)!.requestId),
    (peer) => peer.connects.at(-1) && peer.acceptConnect(),
    (peer) => peer.session.endPublish(),
    (peer) => peer.session.endPlay(),
    (peer) => {
      peer.answers = peer.answers === 'accept' ? 'wait' : 'accept';
    },
    (peer) => {
      const request = peer.publishes.at(-1);
      if (request) peer.session.rejectPublish(request.requestId, { description: 'no' });
    },
  ),
);

/** Runs the steps; true if the session is still of use. */
function run(peer: SessionPeer, steps: readonly Step[], pieces: number | undefined): void {
  for (const act of steps) {
    act(peer);
    try {
      peer.flush(pieces);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      expect(peer.session.state).toBe('closed');
    }
  }
}

describe('server session', () => {
  test('any dialogue', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 25 }),
        fc.boolean(),
        fc.constantFrom(undefined, 1, 13),
        (steps, isConnected, pieces) => {
          const peer = isConnected ? SessionPeer.connected() : new SessionPeer();
          if (!isConnected) peer.handshake();
          const decoded: string[] = [];
          run(peer, steps, pieces);
          // What the server says is well-formed, however little sense the client makes.
          decoded.push(...peer.replies());
          let canHaveMedia = false;
          for (const event of peer.take()) {
            if (event.includes('-publish ')) canHaveMedia = true;
            if (event === 'publish ended') canHaveMedia = false;
            if (event.startsWith('media ')) expect(canHaveMedia).toBe(true);
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  test('any bytes behind the handshake', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isPublishing) => {
        const peer = SessionPeer.connected();
        if (isPublishing) {
          peer.command('publish', 0, [null, 's']);
          peer.flush();
        }
        peer.raw(Buffer.from(bytes));
        try {
          peer.flush();
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('any bytes from the first on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat(4000), (bytes, padding) => {
        const peer = new SessionPeer();
        peer.raw(Buffer.concat([Buffer.from(bytes), Buffer.alloc(padding, bytes[0] ?? 0)]));
        try {
          peer.flush();
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('what a host answers too late, or twice, is without effect', () => {
  const peer = SessionPeer.connected();
  peer.answers = 'wait';
  peer.command('publish', 0, [null, 's']);
  peer.flush();
  const { requestId } = peer.publishes[0]!;
  peer.session.acceptPlay(requestId + 1);
  peer.session.rejectPublish(requestId - 1, { description: 'no' });
  expect(peer.replies()).toEqual([]);
  peer.session.acceptPublish(requestId);
  expect(peer.replies()).toHaveLength(1);
  peer.session.acceptPublish(requestId);
  peer.session.rejectPublish(requestId, { description: 'no' });
  expect(peer.replies()).toEqual([]);
  expect(peer.session.state).toBe('publishing');
});
