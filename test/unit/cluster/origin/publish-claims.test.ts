// Who keeps a stream that two origins have got, seen from one of them.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OwnerQuestion, StreamOwner } from '../../../../src/cluster/origin/coworker-question.ts';
import type { OriginOptions } from '../../../../src/cluster/origin/origin-cluster.ts';
import { PublishClaims } from '../../../../src/cluster/origin/publish-claims.ts';
import type { Publication, Stream } from '../../../../src/stream/stream.ts';
import { StreamRegistry } from '../../../../src/stream/stream-registry.ts';
import { silentLogger } from '../../../helpers/silent-logger.ts';

const id = { vhost: 'v', app: 'live', stream: 's' };
const START_MS = 1_700_000_000_000;
let rule: OriginOptions['conflict'];
let answer: StreamOwner | undefined;
let questions: OwnerQuestion[];
let claims: PublishClaims;
let stream: Stream;
let publication: Publication | undefined;
let stopped: string[];

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
  rule = 'first';
  answer = undefined;
  questions = [];
  stopped = [];
  claims = new PublishClaims({
    find: () => ({
      coworkers: ['10.0.0.2:1985'],
      hasRelay: true,
      hasHttpRedirect: false,
      conflict: rule,
      hasIdentity: true,
      chunkSize: 128,
    }),
    coworkers: {
      ask: async (question) => {
        questions.push(question);
        return answer;
      },
    },
    log: silentLogger,
    now: Date.now,
    newId: () => 'm',
  });
  const streams = new StreamRegistry();
  streams.onPublish((published) => claims.published(published));
  stream = streams.fetchOrCreate(id, {
    hasGopCache: true,
    gopCacheMaxFrames: 0,
    gopCacheMaxBytes: 1000,
    hasPublisherTime: false,
    reduceSequenceHeader: false,
    hasPublisherTimeIfAsked: false,
  });
});
afterEach(() => {
  claims.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function publish(): void {
  publication = stream.publish({
    stop: (reason, code) => {
      stopped.push(`${code} ${reason}`);
      publication?.end();
    },
  });
}

const ownerSince = (sinceMs: number, claim = 'a'): StreamOwner => ({
  host: '10.0.0.2',
  port: 1935,
  claim: { sinceMs, id: claim },
});

describe('first', () => {
  test('turns away who comes while another origin has the stream', async () => {
    expect(await claims.check(id, 'host')).toBeUndefined();
    answer = { host: '10.0.0.2', port: 1935 };
    expect(await claims.check(id, 'host')).toMatch(/is busy: it is published at 10\.0\.0\.2:1935$/);
    expect(questions.every((question) => question.isPublish === true)).toBe(true);
  });

  test.each([
    ['older', START_MS - 5, 'a', 1],
    ['younger', START_MS + 5, 'a', 0],
    ['as old, with the smaller id', START_MS, 'a', 1],
    ['as old, with the greater id', START_MS, 'z', 0],
    ['the very same, asked by another name', START_MS, 'm', 0],
  ])('a rival who is %s', async (_what, sinceMs, claim, stops) => {
    publish();
    answer = ownerSince(sinceMs, claim);
    await vi.advanceTimersByTimeAsync(1000);
    expect(stopped).toHaveLength(stops);
    if (stops > 0) expect(stopped[0]).toMatch(/^NetStream\.Publish\.BadName .* 10\.0\.0\.2:1935 before$/);
  });
});

describe('newest', () => {
  beforeEach(() => {
    rule = 'newest';
  });

  test('lets everybody in, as newer than whom it replaces, whatever the clocks say, and tells the others', async () => {
    answer = ownerSince(START_MS + 60_000);
    expect(await claims.check(id, 'host')).toBeUndefined();
    publish();
    await vi.advanceTimersByTimeAsync(0);
    expect(claims.claimOf(stream)).toEqual({ sinceMs: START_MS + 60_001, id: 'm' });
    expect(questions.at(-1)?.claim).toEqual({ sinceMs: START_MS + 60_001, id: 'm' });
    expect(stopped).toEqual([]);
  });

  test('a hint of a newer rival is no proof, the answer of a coworker is', async () => {
    publish();
    await vi.advanceTimersByTimeAsync(10);
    const rival = { sinceMs: START_MS + 5, id: 'b' };
    expect(claims.asked(stream, rival)).toEqual({ claim: { sinceMs: START_MS, id: 'm' } });
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped).toEqual([]);
    await vi.advanceTimersByTimeAsync(1500);
    // One that can only be asked over RTMP says no more than that it has the stream.
    answer = { host: '10.0.0.2', port: 1935 };
    claims.asked(stream, rival);
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped).toHaveLength(1);
  });
});

test('a server that is about to end, or asks itself, stands in nobody’s way', () => {
  publish();
  expect(claims.asked(stream, { sinceMs: START_MS, id: 'm' })).toBeUndefined();
  expect(claims.asked(stream, undefined)).toEqual({ claim: { sinceMs: START_MS, id: 'm' } });
  claims.leave();
  expect(claims.asked(stream, undefined)).toBeUndefined();
});

test('both: nobody is asked', () => {
  rule = 'both';
  publish();
  expect(claims.check(id, 'host')).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});
