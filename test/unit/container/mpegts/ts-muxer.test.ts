import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TsMuxer } from '../../../../src/container/mpegts/ts-muxer.ts';
import type { MediaMessage } from '../../../../src/media/message.ts';
import { parseFlv } from '../../../helpers/flv.ts';
import { adtsFrames, nalUnits } from './elementary-checks.ts';
import {
  aacFrame,
  aacHeader,
  avcFrame,
  avcHeader,
  messagesOf,
  mp3Frame,
  PPS,
  SPS,
  slice,
} from './messages.ts';
import { muxSegment } from './mux-segment.ts';
import { type CheckedPes, TsChecker } from './ts-checker.ts';

const golden = resolve(import.meta.dirname, '../../../golden/flv');

function goldenMessages(name: string): MediaMessage[] {
  return messagesOf(parseFlv(readFileSync(join(golden, name))).tags);
}

/** Muxes and checks one segment. */
function check(messages: readonly MediaMessage[], muxer = new TsMuxer()) {
  const bytes = muxSegment(muxer, messages);
  const checker = new TsChecker();
  const segment = checker.check(bytes, 'segment');
  expect(checker.problems).toEqual([]);
  return { ...segment, bytes };
}

const video = (pes: readonly CheckedPes[]) => pes.filter(({ pid }) => pid === 0x100);
const audio = (pes: readonly CheckedPes[]) => pes.filter(({ pid }) => pid === 0x101 || pid === 0x102);

describe('tables', () => {
  // The sections of the HTTP delivery sheet, 3.7, as SRS 4 and 7 write them.
  const pat = '00b00d0001c100000001f0012e701905';
  const tables = [
    {
      name: 'AAC and H.264',
      messages: [avcHeader(), avcFrame(0, true, [slice(true, 9)]), aacHeader(), aacFrame(0, 9)],
    },
    { name: 'MP3 and H.264', messages: [avcHeader(), avcFrame(0, true, [slice(true, 9)]), mp3Frame(0, 9)] },
    { name: 'H.264', messages: [avcHeader(), avcFrame(0, true, [slice(true, 9)])] },
    { name: 'AAC', messages: [aacHeader(), aacFrame(0, 9)] },
  ];
  const pmts = [
    '02b0170001c10000e100f0000fe101f0001be100f000f2d91563',
    '02b0170001c10000e100f00003e102f0001be100f000027abf2b',
    '02b0120001c10000e100f0001be100f00015bd4d56',
    '02b0120001c10000e101f0000fe101f000ece2b094',
  ];
  test.each(tables.map((row, index) => ({ ...row, pmt: pmts[index] })))('of $name', ({ messages, pmt }) => {
    const { bytes } = check(messages);
    expect(bytes.toString('hex', 0, 5 + pat.length / 2)).toBe(`4740001000${pat}`);
    expect(bytes.toString('hex', 188, 188 + 5 + String(pmt).length / 2)).toBe(`4750011000${pmt}`);
  });

  test('get a new version when a track comes later, and count on', () => {
    const muxer = new TsMuxer();
    const first = muxSegment(muxer, [avcHeader(), avcFrame(0, true, [slice(true, 9)]), aacHeader()]);
    const second = muxSegment(muxer, [avcFrame(40, true, [slice(true, 9)]), aacFrame(40, 9)]);
    const checker = new TsChecker();
    checker.check(first, 'first');
    expect([...checker.check(second, 'second').tracks.values()]).toEqual([0x0f, 0x1b]);
    expect(checker.problems).toEqual([]);
    expect(first.readUInt8(188 + 5 + 5)).toBe(0xc1);
    expect(second.readUInt8(188 + 5 + 5)).toBe(0xc3);
  });
});

describe('real streams', () => {
  test.each(['h264-aac.flv', 'h264.flv', 'aac.flv', 'mp3.flv', 'hevc-aac.flv'])(
    '%s keeps every frame',
    (name) => {
      const messages = goldenMessages(name);
      const frames = messages.filter(({ isSequenceHeader }) => !isSequenceHeader);
      const { pes } = check(messages);
      const videoFrames = frames.filter(({ track, payload }) => track === 'video' && isPicture(payload));
      const audioFrames = frames.filter(({ track }) => track === 'audio');
      expect(video(pes).length).toBe(videoFrames.length);
      expect(audio(pes).length).toBe(audioFrames.length);
      expect(video(pes).map(({ dts }) => dts)).toEqual(
        videoFrames.map(({ timestampMs }) => timestampMs * 90),
      );
      expect(audio(pes).map(({ pts }) => pts)).toEqual(
        audioFrames.map(({ timestampMs }) => timestampMs * 90),
      );
    },
  );

  test('the key frame of h264-aac.flv has delimiter, parameter sets and the units of the file', () => {
    const messages = goldenMessages('h264-aac.flv');
    const key = messages.find(({ isKeyFrame }) => isKeyFrame)!;
    const first = video(check(messages).pes)[0]!;
    expect(first.data.subarray(0, 6).toString('hex')).toBe('0000000109f0');
    const types = nalUnits(first.data).map((unit) => unit.readUInt8(0) & 31);
    expect(types.filter((type) => type === 9 || type === 7 || type === 8)).toEqual([9, 7, 8]);
    expect(types.slice(0, 3)).toEqual([9, 7, 8]);
    const sizes = nalUnits(first.data)
      .filter((_, index) => ![7, 8, 9].includes(types[index]!))
      .map((unit) => unit.length);
    expect(sizes).toEqual(lengthsOf(key.payload.subarray(5)));
  });
});

/** Enhanced tags also carry metadata and ends of sequence; legacy ones an end of sequence of 5 bytes. */
function isPicture(payload: Buffer): boolean {
  const isEnhanced = payload.readUInt8(0) >= 0x80;
  return isEnhanced ? [1, 3].includes(payload.readUInt8(0) & 15) : payload.length > 5;
}

function lengthsOf(body: Buffer): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < body.length; at += 4 + body.readUInt32BE(at)) lengths.push(body.readUInt32BE(at));
  return lengths;
}

describe('H.264 frames', () => {
  const header = avcHeader();
  const data = (...units: Buffer[]) =>
    video(check([header, avcFrame(0, true, [slice(true, 20)]), avcFrame(40, false, units)]).pes)[1]!.data;
  const unit = (hex: string) => Buffer.from(hex, 'hex');

  test('start codes: four bytes for the first unit, three for the others', () => {
    expect(data(unit('0605ff'), unit('41aa')).toString('hex')).toBe('0000000109f00000010605ff00000141aa');
  });

  test('an access unit delimiter of the encoder is kept and none added', () => {
    expect(data(unit('0910'), unit('41aa')).toString('hex')).toBe('000000010910' + '00000141aa');
  });

  test('parameter sets stand before the first IDR unit and the SEI that belongs to it', () => {
    const expected = `0000000109f0000001${SPS.toString('hex')}000001${PPS.toString('hex')}00000165bb00000165cc`;
    const idr = data(unit('65bb'), unit('65cc')).toString('hex');
    expect(idr).toBe(expected);
    expect(data(unit('06aa'), unit('65bb')).toString('hex')).toBe(
      `0000000109f0000001${SPS.toString('hex')}000001${PPS.toString('hex')}00000106aa00000165bb`,
    );
    expect(data(unit('0910'), unit('06aa'), unit('65bb')).toString('hex')).toBe(
      `000000010910000001${SPS.toString('hex')}000001${PPS.toString('hex')}00000106aa00000165bb`,
    );
  });

  test('parameter sets of the encoder are not doubled', () => {
    expect(data(unit('67aa'), unit('68bb'), unit('65cc')).toString('hex')).toBe(
      '0000000109f000000167aa00000168bb00000165cc',
    );
  });

  test('empty units are left out', () => {
    expect(data(Buffer.alloc(0), unit('41aa'), Buffer.alloc(0)).toString('hex')).toBe(
      '0000000109f000000141aa',
    );
  });

  test.each([1, 2, 4])('lengths of %i bytes', (lengthSize) => {
    const units = [slice(true, 100), slice(true, 200)];
    const messages = [avcHeader(0, lengthSize), avcFrame(0, true, units, { lengthSize })];
    const found = nalUnits(video(check(messages).pes)[0]!.data);
    expect(found.slice(-2).map((nal) => nal.toString('hex'))).toEqual(
      units.map((nal) => nal.toString('hex')),
    );
  });

  test('start codes instead of lengths, as some encoders write them', () => {
    const messages = [header, avcFrame(0, true, [slice(true, 9)]), avcFrame(40, false, [])];
    const odd = messages[2]!;
    const payload = Buffer.concat([odd.payload, unit('00000001' + '0605' + '000001' + '41aabb' + '00')]);
    const { pes } = check([...messages.slice(0, 2), { ...odd, payload }]);
    expect(video(pes)[1]!.data.toString('hex')).toBe('0000000109f0000001060500000141aabb');
  });

  test('a new sequence header replaces the parameter sets', () => {
    const muxer = new TsMuxer();
    check([header, avcFrame(0, true, [slice(true, 9)])], muxer);
    const other = Buffer.from(header.payload);
    other[5 + 8 + 4] = 0x77;
    const { pes } = check([{ ...header, payload: other }, avcFrame(40, true, [slice(true, 9)])], muxer);
    expect(nalUnits(video(pes)[0]!.data)[1]!.readUInt8(4)).toBe(0x77);
  });
});

describe('AAC frames', () => {
  // sampling_frequency_index and channels of ISO/IEC 14496-3; the header that SRS writes before a frame of 9 bytes.
  test.each([
    { says: 'LC 44100 stereo', config: '1210', header: 'fff95080021ffc' },
    { says: 'LC 48000 mono', config: '1188', header: 'fff94c40021ffc' },
    { says: 'Main 44100 stereo', config: '0a10', header: 'fff91080021ffc' },
    { says: 'LC 48000 with 6 channels', config: '11b0', header: 'fff94d80021ffc' },
    { says: 'HE-AAC with a core of 22050, stereo', config: '2b920800', header: 'fff95c80021ffc' },
  ])('$says', ({ config, header }) => {
    const data = audio(check([aacHeader(config), aacFrame(0, 9)]).pes)[0]!.data;
    expect(data.toString('hex', 0, 7)).toBe(header);
    expect(data.length).toBe(16);
  });

  test('a frame too large for ADTS is skipped with a reason', () => {
    const muxer = new TsMuxer();
    muxer.prepare(aacHeader());
    expect(muxer.prepare(aacFrame(0, 8185))).toBe(0);
    expect(muxer.skipReason).toBe('broken frame');
    expect(muxer.prepare(aacFrame(23, 8184))).toBeGreaterThan(8184);
    expect(muxer.skipReason).toBeUndefined();
  });
});

describe('packets', () => {
  test('of every size hold exactly the frame, the rest is stuffing', () => {
    const muxer = new TsMuxer();
    const checker = new TsChecker();
    for (let size = 1; size <= 400; size++) {
      const frames = [mp3Frame(size * 60, size), mp3Frame(size * 60 + 30, size)];
      const { pes } = checker.check(muxSegment(muxer, frames), `size ${size}`);
      expect(pes.map(({ data }) => data.toString('hex'))).toEqual(
        frames.map(({ payload }) => payload.toString('hex', 1)),
      );
    }
    expect(checker.problems).toEqual([]);
  });

  test('the length of a PES packet is 0 when it does not fit 16 bits', () => {
    const largest = 65535 - 8 - 6 - SPS.length - PPS.length - 9;
    const { pes, bytes } = check([
      avcHeader(),
      avcFrame(0, true, [slice(true, largest)]),
      avcFrame(40, true, [slice(true, largest + 1)]),
    ]);
    expect(pes.map(({ data }) => data.length)).toEqual([65527, 65528]);
    expect(bytes.readUInt16BE(376 + 4 + 8 + 4)).toBe(65535);
  });

  test('times wrap at 33 bits', () => {
    const startMs = 2 ** 33 / 90 - 100;
    const messages = [0, 40, 80, 120, 160].map((ms) =>
      avcFrame(Math.round(startMs) + ms, ms === 0, [slice(ms === 0, 50)], { cts: 80 }),
    );
    const { pes } = check([avcHeader(), ...messages]);
    expect(pes.at(-1)!.dts).toBeLessThan(90_000);
    expect(pes.at(-1)!.pts - pes.at(-1)!.dts).toBe(7200);
  });

  test('a negative composition time shows the picture early, but not before 0', () => {
    const muxer = new TsMuxer();
    const frames = [
      avcFrame(0, true, [slice(true, 9)], { cts: -40 }),
      avcFrame(1000, false, [slice(false, 9)], { cts: -40 }),
    ];
    const { pes } = new TsChecker().check(muxSegment(muxer, [avcHeader(), ...frames]), 'negative');
    expect(pes.map(({ pts }) => pts)).toEqual([0, 86_400]);
  });
});

describe('clock references', () => {
  const frames = (stepMs: number, count: number) =>
    Array.from({ length: count }, (_, index) =>
      avcFrame(index * stepMs, index === 0, [slice(index === 0, 300)]),
    );

  test.each([8, 16, 33, 40, 50, 66, 99, 100, 101, 125, 200, 500, 1000, 5000])(
    'come at least every 100 ms with a picture every %i ms',
    (stepMs) => {
      const { pcrs, pes } = check([avcHeader(), ...frames(stepMs, 12)]);
      expect(pcrs[0]).toBe(pes[0]!.dts);
      expect(pcrs.length).toBeLessThanOrEqual(Math.ceil((11 * stepMs) / 50) + 1);
    },
  );

  test('do not fill a pause of minutes', () => {
    const messages = [avcHeader(), ...frames(40, 2), avcFrame(300_000, false, [slice(false, 300)])];
    const { pcrs } = new TsChecker().check(muxSegment(new TsMuxer(), messages), 'pause', {
      maxPcrDistanceMs: 1e9,
    });
    expect(pcrs).toEqual([0, 300_000 * 90]);
  });

  test('are on the audio track when there is no video', () => {
    const messages = Array.from({ length: 40 }, (_, index) => aacFrame(Math.round(index * 23.22), 200));
    expect(check([aacHeader(), ...messages]).pcrPid).toBe(0x101);
  });

  test('are given to the frame that a new segment starts with, even if it has been planned', () => {
    const muxer = new TsMuxer();
    muxSegment(muxer, [avcHeader(), ...frames(10, 3)]);
    const bytes = Buffer.alloc(376 + 2 * 188);
    expect(muxer.prepare(avcFrame(30, false, [slice(false, 160)]))).toBe(188);
    expect(muxer.startSegment()).toBe(376);
    muxer.writeTables(bytes, 0);
    muxer.write(bytes, 376);
    const checker = new TsChecker();
    expect(checker.check(bytes, 'cut', { startsWithKeyFrame: false }).pcrs).toEqual([2700]);
    expect(checker.problems).toEqual([]);
  });

  test('stand in key frames', () => {
    const messages = [0, 10, 20, 30].map((ms) => avcFrame(ms, true, [slice(true, 300)]));
    expect(check([avcHeader(), ...messages]).pcrs).toEqual([0, 900, 1800, 2700]);
  });
});

describe('packed audio', () => {
  test.each([23.22, 21.33, 46.44, 64, 128])(
    'one frame every %f ms: all there, fewer packets, the clock kept',
    (stepMs) => {
      const messages = Array.from({ length: 60 }, (_, index) =>
        aacFrame(Math.round(index * stepMs), 180 + index),
      );
      const plain = check([aacHeader(), ...messages]);
      const packed = check([aacHeader(), ...messages], new TsMuxer({ packsAudio: true }));
      const frames = (pes: readonly CheckedPes[]) => pes.flatMap(({ data }) => adtsFrames(data)).map(String);
      expect(frames(packed.pes)).toEqual(frames(plain.pes));
      if (stepMs < 40) expect(packed.bytes.length).toBeLessThan(plain.bytes.length * 0.75);
      const times = new Set(messages.map(({ timestampMs }) => timestampMs * 90));
      expect(packed.pes.every(({ pts }) => times.has(pts))).toBe(true);
    },
  );
});

describe('what cannot be muxed', () => {
  test('frames before any sequence header', () => {
    const muxer = new TsMuxer();
    expect(muxer.prepare(avcFrame(0, true, [slice(true, 9)]))).toBe(0);
    expect(muxer.skipReason).toBe('no usable sequence header');
    expect(muxer.prepare(aacFrame(0, 9))).toBe(0);
    expect(muxer.skipReason).toBe('no usable sequence header');
    expect(muxer.tracks).toEqual({ video: undefined, audio: undefined });
  });

  test('a broken sequence header leaves the last one in force', () => {
    const muxer = new TsMuxer();
    muxer.prepare(avcHeader());
    expect(muxer.prepare({ ...avcHeader(), payload: Buffer.from('170000000001ff', 'hex') })).toBe(0);
    expect(muxer.skipReason).toBe('no usable sequence header');
    expect(muxer.prepare(avcFrame(0, true, [slice(true, 9)]))).toBe(188);
  });

  test.each(['00000009' + '65aa', '0000000265aa' + '00', '0000000265aa' + 'ffffffff41'])(
    'lengths that do not fit: %s',
    (body) => {
      const muxer = new TsMuxer();
      muxer.prepare(avcHeader());
      const frame = avcFrame(0, true, []);
      const payload = Buffer.concat([frame.payload, Buffer.from(body, 'hex')]);
      expect(muxer.prepare({ ...frame, payload })).toBe(0);
      expect(muxer.skipReason).toBe('broken frame');
    },
  );

  test('frames without any unit are nothing to write', () => {
    const muxer = new TsMuxer();
    muxer.prepare(avcHeader());
    expect(muxer.prepare(avcFrame(0, true, []))).toBe(0);
    expect(muxer.prepare(avcFrame(0, true, [Buffer.alloc(0)]))).toBe(0);
    expect(muxer.skipReason).toBeUndefined();
  });

  test.each(['av1.flv', 'vp9.flv', 'h263-speex.flv'])('codecs of %s', (name) => {
    const muxer = new TsMuxer();
    const reasons = goldenMessages(name).map((message) => [muxer.prepare(message), muxer.skipReason]);
    expect(new Set(reasons.map(String))).toEqual(new Set(['0,codec not supported']));
  });
});

test('continuity counters go on in a muxer that takes over', () => {
  const messages = goldenMessages('h264-aac.flv');
  const first = new TsMuxer();
  const checker = new TsChecker();
  checker.check(muxSegment(first, messages), 'first');
  const second = new TsMuxer({ counters: first.counters });
  const later = messages.map((message) => ({ ...message, timestampMs: message.timestampMs + 60_000 }));
  checker.check(muxSegment(second, later), 'second');
  expect(checker.problems).toEqual([]);
});
