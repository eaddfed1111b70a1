// One upstream after another, and what viewers see of it.

import { beforeEach, describe, expect, test } from 'vitest';
import { Splice } from '../../../../src/cluster/edge/splice.ts';
import type { MediaMessage } from '../../../../src/media/message.ts';
import type { StreamHeaders } from '../../../../src/stream/stream.ts';

/** `K1` key frame, `v2` other picture, `a3` audio; the text is the payload. */
function message(text: string, timestampMs: number): MediaMessage {
  const isVideo = !text.startsWith('a');
  return {
    track: isVideo ? 'video' : 'audio',
    codec: isVideo ? 'h264' : 'aac',
    isKeyFrame: text.startsWith('K'),
    isSequenceHeader: false,
    timestampMs,
    payload: Buffer.from(`payload of ${text}`),
  };
}

/** A key frame with a segment's mark. */
function marked(text: string, timestampMs: number, sequence: number): MediaMessage {
  const mark = { fragmentMs: 1500, sequence, timeMs: 0, isDiscontinuity: false };
  return { ...message(text, timestampMs), mark };
}

function header(track: 'audio' | 'video', text: string): MediaMessage {
  const codec = track === 'video' ? 'h264' : 'aac';
  return {
    track,
    codec,
    isKeyFrame: false,
    isSequenceHeader: true,
    timestampMs: 0,
    payload: Buffer.from(text),
  };
}

let now: number;
let seen: string[];
let headers: StreamHeaders;
let splice: Splice;

beforeEach(() => {
  now = 1000;
  seen = [];
  headers = { metadata: undefined, audio: undefined, video: undefined };
  splice = new Splice(
    {
      metadata: (body) => {
        headers = { ...headers, metadata: body };
        seen.push(`metadata ${body}`);
      },
      message: (one) => {
        if (one.isSequenceHeader) headers = { ...headers, [one.track]: one };
        const text = one.payload.toString().replace('payload of ', '');
        const mark = one.mark === undefined ? '' : ` #${one.mark.sequence}`;
        seen.push(one.isSequenceHeader ? `header ${text}` : `${text}@${one.timestampMs}${mark}`);
      },
      get headers() {
        return headers;
      },
    },
    () => now,
  );
});

/** `feed('K1 v2 a3', 100, 40)`: messages 40 ms apart, the first at 100 ms. */
function feed(texts: string, startMs: number, stepMs = 40): void {
  texts.split(' ').forEach((text, index) => {
    splice.message(message(text, (startMs + index * stepMs) >>> 0));
  });
}

function begin(): void {
  splice.begin();
  seen = [];
}

describe('the first upstream', () => {
  test('is passed on as it is, from the middle of a group as well', () => {
    splice.begin();
    feed('v8 a8 K9 v10', 5000);
    expect(seen).toEqual(['v8@5000', 'a8@5040', 'K9@5080', 'v10@5120']);
  });
});

describe('an upstream that shares nothing with the last', () => {
  test('goes on at its first key frame, 10 ms behind what was seen', () => {
    feed('K1 v2 a3', 100);
    begin();
    feed('a7 v8 K9 a9 v10', 0);
    expect(seen).toEqual(['K9@190', 'a9@230', 'v10@270']);
  });

  test('may have times that are larger, or at the end of 32 bits', () => {
    feed('K1 v2', 100);
    begin();
    feed('K9 v10 v11', 0xffffffff - 50);
    expect(seen).toEqual(['K9@150', 'v10@190', 'v11@230']);
    begin();
    feed('K20 v21', 0);
    expect(seen).toEqual(['K20@240', 'v21@280']);
  });

  test('goes on at once if there never was a picture', () => {
    feed('a1 a2', 100);
    begin();
    feed('a5 a6', 0);
    expect(seen).toEqual(['a5@150', 'a6@190']);
  });

  test('goes on with audio alone when no key frame comes, and with pictures when one does', () => {
    feed('K1 v2', 100);
    begin();
    feed('a3 v3', 0);
    now += 3001;
    feed('v4 a4 v5 a5 K6 v7', 3000);
    expect(seen).toEqual(['a4@150', 'a5@230', 'K6@270', 'v7@310']);
  });
});

describe('an upstream that repeats what was seen', () => {
  test('is left out up to there, and time goes on as if nothing had been', () => {
    feed('K1 v2 a2 v3 a3', 100);
    begin();
    feed('K1 v2 a2 v3 a3 v4 a4 K5', 0);
    expect(seen).toEqual(['v4@300', 'a4@340', 'K5@380']);
  });

  test('may begin one group earlier', () => {
    feed('K1 v2 K3 v4', 100);
    begin();
    feed('K1 v2 K3 v4 v5', 7000);
    expect(seen).toEqual(['v5@260']);
  });

  test('may lag behind, so that it takes a moment until it has something new', () => {
    feed('K1 v2 v3', 100);
    begin();
    feed('K1 v2', 0);
    expect(seen).toEqual([]);
    feed('v3 v4', 80);
    expect(seen).toEqual(['v4@220']);
  });

  test('with the key frame as the last thing seen', () => {
    feed('v0 K1', 100);
    begin();
    feed('K1 v2', 0);
    expect(seen).toEqual(['v2@180']);
  });

  test('is found by its audio, too: a still picture alone proves nothing', () => {
    feed('K1 a1 v2', 100);
    begin();
    feed('K1 a7 v2 a8', 0);
    expect(seen).toEqual(['K1@190', 'a7@230', 'v2@270', 'a8@310']);
  });

  test('by and by is a publisher who plays a file again, and is not left out for longer than a second', () => {
    feed('K1 v2 v3 v4', 100);
    begin();
    feed('K1 v2', 0);
    now += 1001;
    feed('v3 v4', 80);
    expect(seen).toEqual(['K1@230', 'v2@270', 'v3@310', 'v4@350']);
  });

  test('and fails again meanwhile: nothing of it was new', () => {
    feed('K1 v2 v3', 100);
    begin();
    feed('K1 v2', 0);
    begin();
    feed('K1 v2 v3 v4', 0);
    expect(seen).toEqual(['v4@220']);
  });
});

describe('headers and metadata', () => {
  test('are repeated only if they differ', () => {
    splice.metadata(Buffer.from('m1'));
    splice.message(header('audio', 'A1'));
    splice.message(header('video', 'V1'));
    feed('K1', 100);
    begin();
    splice.metadata(Buffer.from('m1'));
    splice.message(header('audio', 'A1'));
    splice.message(header('video', 'V2'));
    feed('K9', 0);
    expect(seen).toEqual(['header V2', 'K9@110']);
  });

  test('are passed on once the new upstream runs, whether they are news or not', () => {
    splice.message(header('video', 'V1'));
    feed('K1', 100);
    begin();
    feed('K9', 0);
    splice.message(header('video', 'V1'));
    expect(seen).toEqual(['K9@110', 'header V1']);
  });
});

describe('marks of segments', () => {
  test('are neither doubled nor lost where the new upstream repeats the last group', () => {
    splice.message(marked('K1', 100, 7));
    feed('v2 a3', 140);
    begin();
    splice.message(marked('K1', 0, 7));
    feed('v2 a3 v4', 40);
    splice.message(marked('K5', 200, 8));
    expect(seen).toEqual(['v4@220', 'K5@300 #8']);
  });

  test('stay with what was held back and is new', () => {
    splice.message(marked('K1', 100, 7));
    feed('v2 a3', 140);
    begin();
    splice.message(marked('K1', 0, 9));
    feed('v8', 40);
    expect(seen).toEqual(['K1@190 #9', 'v8@230']);
  });
});
