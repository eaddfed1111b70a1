// Where the hub says that segments begin, for the edges of this server.

import { beforeEach, describe, expect, test } from 'vitest';
import type { MediaMessage, SegmentMark } from '../../../src/media/message.ts';
import type { MarkPlace } from '../../../src/stream/mark-request.ts';
import { clockSequence } from '../../../src/stream/segment-marks.ts';
import type { Publication, Publisher, Stream, StreamSubscriber } from '../../../src/stream/stream.ts';
import { StreamRegistry } from '../../../src/stream/stream-registry.ts';
import { streamOptions } from '../../helpers/stream-options.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const FIRST = clockSequence(NOW_MS, 1500);

function listener(take: (message: MediaMessage) => void): StreamSubscriber {
  const nothing = () => {};
  return {
    published: nothing,
    unpublished: nothing,
    gopStarted: nothing,
    gopCleared: nothing,
    metadata: nothing,
    message: take,
  };
}

let stream: Stream;
let heard: string[];

/** `key@1000 #0+0`: the first number, at time 0. */
const text = ({ isKeyFrame, track, timestampMs, mark }: MediaMessage) =>
  `${isKeyFrame ? 'key' : track}@${timestampMs}${markText(mark)}`;
const markText = (mark: SegmentMark | undefined) =>
  mark === undefined
    ? ''
    : ` #${mark.sequence - FIRST}+${mark.timeMs}${mark.isDiscontinuity ? ' discontinuity' : ''}`;

beforeEach(() => {
  stream = new StreamRegistry().fetchOrCreate({ vhost: 'v', app: 'live', stream: 's' }, streamOptions());
  heard = [];
  stream.subscribe(
    listener((message) => {
      if (message.mark !== undefined) heard.push(text(message));
    }),
  );
});

function publish(publisher: Partial<Publisher> = {}): Publication {
  const publication = stream.publish({ stop: () => {}, ...publisher });
  if (publication === undefined) throw new Error('busy');
  return publication;
}

const ask = (last?: MarkPlace) => stream.markSegments({ fragmentMs: 1500, last }, NOW_MS);

function send(publication: Publication, kind: string, timestampMs: number, mark?: SegmentMark): void {
  const isVideo = !kind.startsWith('audio');
  publication.message({
    track: isVideo ? 'video' : 'audio',
    codec: isVideo ? 'h264' : 'aac',
    timestampMs,
    isKeyFrame: kind === 'key',
    isSequenceHeader: kind.endsWith('header'),
    payload: Buffer.from(kind),
    mark,
  });
}

/** A picture every 500 ms, each `gop`th a key frame, from..to. */
function pictures(publication: Publication, fromMs: number, toMs: number, gop: number): void {
  for (let at = fromMs; at < toMs; at += 500) {
    send(publication, ((at - fromMs) / 500) % gop === 0 ? 'key' : 'video', at);
  }
}

describe('segments begin', () => {
  test('nowhere, unless somebody asks', () => {
    pictures(publish(), 0, 5000, 2);
    expect([heard, stream.markPlace]).toEqual([[], undefined]);
  });

  test('with the first key frame after 1.5 s; times are those of the stream', () => {
    ask();
    pictures(publish(), 70_000, 76_000, 2);
    expect(heard).toEqual(['key@0 #0+0', 'key@2000 #1+2000', 'key@4000 #2+4000']);
    expect(stream.markPlace).toEqual({ sequence: FIRST + 2, timeMs: 5500 });
  });

  test('with the group of pictures that is there when somebody asks: who joins hears of it', () => {
    const publication = publish();
    pictures(publication, 0, 5500, 4);
    ask();
    const replayed: string[] = [];
    stream.replayGop(listener((message) => replayed.push(text(message))));
    expect(replayed).toEqual(['key@4000 #0+0', 'video@4500', 'video@5000']);
    pictures(publication, 5500, 8000, 4);
    expect(heard).toEqual(['key@5500 #1+1500', 'key@7500 #2+3500']);
  });

  test('with sound where there is nothing else, and where key frames are too far apart', () => {
    ask();
    const publication = publish();
    for (let at = 0; at < 4000; at += 250) send(publication, 'audio', at);
    expect(heard).toEqual(['audio@0 #0+0', 'audio@1500 #1+1500', 'audio@3000 #2+3000']);
    heard = [];
    send(publication, 'key', 4000);
    for (let at = 4250; at < 17_500; at += 250) send(publication, at % 500 === 0 ? 'video' : 'audio', at);
    expect(heard).toEqual(['key@4000 #3+4000 discontinuity', 'audio@16250 #4+16250']);
  });

  test('not with sound before the first picture of a stream that announces pictures', () => {
    ask();
    const publication = publish();
    send(publication, 'video header', 0);
    send(publication, 'audio', 0);
    send(publication, 'key', 20);
    expect(heard).toEqual(['key@20 #0+0']);
  });
});

describe('numbers and times go on', () => {
  test('over publishers, behind a discontinuity', () => {
    ask();
    const first = publish();
    pictures(first, 0, 1000, 4);
    first.end();
    pictures(publish(), 90_000, 91_000, 4);
    expect(heard).toEqual(['key@0 #0+0', 'key@510 #1+510 discontinuity']);
  });

  test('over a change of the decoder configuration, with the next key frame', () => {
    ask();
    const publication = publish();
    send(publication, 'video header', 0);
    pictures(publication, 0, 500, 4);
    send(publication, 'other video header', 500);
    send(publication, 'video', 500);
    send(publication, 'key', 1000);
    expect(heard).toEqual(['key@0 #0+0', 'key@1000 #1+1000 discontinuity']);
  });

  test('from where an edge stands that comes from another origin, a second later', () => {
    ask({ sequence: FIRST - 1000, timeMs: 60_000 });
    pictures(publish(), 0, 1000, 4);
    expect(heard).toEqual(['key@0 #-999+61000 discontinuity']);
  });

  test('from where the first edge stands that does stand somewhere', () => {
    ask();
    ask({ sequence: FIRST - 1000, timeMs: 60_000 });
    ask({ sequence: FIRST - 900, timeMs: 90_000 });
    const publication = publish();
    pictures(publication, 0, 500, 4);
    ask({ sequence: FIRST - 800, timeMs: 90_000 });
    pictures(publication, 2000, 2500, 4);
    expect(heard).toEqual(['key@0 #-999+61000 discontinuity', 'key@2000 #-998+63000']);
  });

  test('and in the length that was asked for last', () => {
    ask();
    stream.markSegments({ fragmentMs: 2500, last: undefined }, NOW_MS);
    pictures(publish(), 0, 7000, 2);
    expect(heard).toEqual(['key@0 #0+0', 'key@3000 #1+3000', 'key@6000 #2+6000']);
  });

  test('and not from where nobody can be', () => {
    ask({ sequence: FIRST + 10_000, timeMs: 60_000 });
    pictures(publish(), 0, 1000, 4);
    expect(heard).toEqual(['key@0 #0+0']);
  });
});

describe("a copy of another server's stream", () => {
  const mark: SegmentMark = { fragmentMs: 2000, sequence: FIRST + 7, timeMs: 9000, isDiscontinuity: false };

  test('has the marks that come, and no others', () => {
    ask();
    const publication = publish({ isCopy: true });
    pictures(publication, 0, 5000, 2);
    send(publication, 'key', 5000, mark);
    pictures(publication, 5500, 9000, 2);
    expect(heard).toEqual(['key@5000 #7+9000']);
    expect(stream.markPlace).toEqual({ sequence: FIRST + 7, timeMs: 12_500 });
  });

  test('is gone on with by a publisher of this server', () => {
    const copy = publish({ isCopy: true });
    send(copy, 'key', 5000, mark);
    send(copy, 'video', 6000);
    copy.end();
    pictures(publish(), 0, 3000, 1);
    expect(heard).toEqual(['key@0 #7+9000', 'key@1010 #8+10010 discontinuity', 'key@3010 #9+12010']);
  });
});
