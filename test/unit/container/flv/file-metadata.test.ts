import { expect, test } from 'vitest';
import { encodeFileMetadata, KeyFrameIndex } from '../../../../src/container/flv/file-metadata.ts';
import { decodeAmf, encodeAmf } from '../../../helpers/amf0.ts';

const published = encodeAmf('onMetaData', { width: 640, duration: 0, filesize: 7, server: 's' });

test('what is written at first is as long as what replaces it, whatever there is to list', () => {
  const { length } = encodeFileMetadata(published);
  for (const count of [0, 1, 511, 512, 513, 5000]) {
    const index = new KeyFrameIndex();
    for (let number = 0; number < count; number++) index.add(number * 2, 1000 + number * 5000);
    const facts = { durationSec: count * 2, sizeBytes: 1e10, keyFrames: index.entries };
    expect(encodeFileMetadata(published, facts).length, `${count} key frames`).toBe(length);
  }
});

test('the index of a long file has entries all over it', () => {
  const index = new KeyFrameIndex();
  for (let number = 0; number < 43_200; number++) index.add(number * 2, number);
  const times = index.entries.map(({ timeSec }) => timeSec);
  expect(times.length).toBeGreaterThan(255);
  expect(times.length).toBeLessThanOrEqual(512);
  const steps = times.slice(1).map((time, at) => time - times[at]!);
  expect(new Set(steps).size).toBe(1);
  expect(times.at(-1)).toBeGreaterThan(86_400 - 2 * steps[0]!);
});

test('the publisher says what it likes, but not how long the file is', () => {
  const facts = { durationSec: 12.5, sizeBytes: 4000, keyFrames: [{ timeSec: 1, position: 20 }] };
  const [name, content] = decodeAmf(encodeFileMetadata(published, facts));
  expect(name).toBe('onMetaData');
  expect(content).toMatchObject({
    ...{ width: 640, server: 's', duration: 12.5, filesize: 4000 },
    keyframes: { times: [1], filepositions: [20] },
  });
});
