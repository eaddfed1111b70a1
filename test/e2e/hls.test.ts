// HLS on disk: what ffmpeg publishes is in the segments, frame by frame, and the files are there as SRS writes them.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../helpers/child.ts';
import { enhancedHevcTags, legacyHevcTags } from '../helpers/enhanced-rtmp.ts';
import { FfmpegPublisher, ffmpegPath } from '../helpers/ffmpeg.ts';
import { fileTags, type MediaName, mediaFile, mediaTags } from '../helpers/media.ts';
import { newFolder, uniqueName } from '../helpers/names.ts';
import { type Packet, probe } from '../helpers/packets.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { framesOf, framesOfTags, HlsFolder } from './hls-folder.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    vhost: 'hls { enabled on; hls_path ./html; hls_fragment 1; hls_window 600; }',
    vhosts: `
      vhost keys.test { hls { enabled on; hls_path ./html; hls_fragment 1; hls_keys on; hls_fragments_per_key 2;
        hls_m3u8_file [vhost]/[stream].m3u8; hls_ts_file [vhost]/[stream]-[seq].ts;
        hls_key_file [vhost]/[stream]-[seq].key; hls_key_file_path ./html; } }
      vhost sound.test { hls { enabled on; hls_path ./sound; hls_fragment 1; hls_vcodec vn; } }
      vhost fmp4.test { hls { enabled on; hls_path ./fmp4; hls_fragment 1; hls_use_fmp4 on; } }
      vhost long.test { hls { enabled on; hls_path ./long; hls_fragment 10; hls_window 3600; } }`,
  });
});
afterAll(() => server.stop());

/** Small pictures: what counts is their number. */
const tenMinutes = [
  ...['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25', '-f', 'lavfi', '-i', 'sine=sample_rate=44100'],
  ...['-t', '600', '-c:v', 'libx264', '-preset', 'ultrafast', '-threads', '1', '-b:v', '60k', '-bf', '2'],
  ...['-g', '50', '-keyint_min', '50', '-sc_threshold', '0', '-c:a', 'aac', '-b:a', '32k'],
];

const publish = async (name: MediaName, url: string) =>
  new FfmpegPublisher(await mediaFile(name), url, { isRealTime: false }).finish();

describe.concurrent('every frame of the source is in the segments', () => {
  test.each<[MediaName, number]>([
    ['h264-aac.flv', 2],
    ['h264-bframes-aac.flv', 2],
    ['h264-mp3.flv', 2],
    ['h264.flv', 2],
    ['aac.flv', 2],
    ['mp3.flv', 2],
  ])('%s', async (name, lastSequence) => {
    const stream = uniqueName('all');
    await publish(name, server.rtmpUrl(stream));
    const hls = new HlsFolder(join(server.folder, 'html'), stream);
    const playlist = await hls.untilListed(lastSequence);
    const frames = framesOf(await hls.checked(playlist));
    expect(frames).toEqual(framesOfTags(await mediaTags(name)));
    expect(playlist.sequence).toBe(0);
    expect(playlist.segments.map(({ isDiscontinuity }) => isDiscontinuity)).toEqual(
      playlist.segments.map((_, index) => index === 0),
    );
    const longest = Math.max(...playlist.segments.map(({ durationSec }) => durationSec));
    expect(playlist.targetSec).toBe(Math.ceil(Math.max(longest, 1.5)));
    expect(hls.files.filter((file) => file.startsWith(stream) && !/\.(ts|m3u8)$/.test(file))).toEqual([]);
  });

  test.each([
    ['by FourCC', enhancedHevcTags],
    ['by codec id 12', legacyHevcTags],
  ])('HEVC %s', async (_, tagsOf) => {
    const stream = uniqueName('hevc');
    const tags = await tagsOf();
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    for (const tag of tags) peer.sendTag(tag);
    const hls = new HlsFolder(join(server.folder, 'html'), stream);
    await hls.untilListed(0);
    peer.end();
    const playlist = await hls.untilListed(2);
    const source = (await probe(await mediaFile('hevc.mp4'))).packets;
    const pes = await hls.checked(playlist);
    expect(pes.map(({ streamType }) => streamType)).toEqual(source.map(() => 0x24));
    expect(pes.map(({ pts }) => pts / 90)).toEqual(source.map(({ ptsMs }) => ptsMs - source[0]!.dtsMs));
  });

  test('ten minutes in segments of 10 s', { timeout: 300_000 }, async () => {
    const stream = uniqueName('long');
    const file = join(newFolder('long'), 'source.flv');
    await run(ffmpegPath(), ['-v', 'error', '-nostdin', ...tenMinutes, file]);
    const url = `${server.rtmpUrl(stream)}?vhost=long.test`;
    await new FfmpegPublisher(file, url, { isRealTime: false }).finish();
    const hls = new HlsFolder(join(server.folder, 'long'), stream);
    // The sheet, 3.3: a key frame every 2 s, and the length is counted without it: the cut is at 12 s.
    const playlist = await hls.untilListed(49);
    expect(framesOf(await hls.checked(playlist))).toEqual(framesOfTags(fileTags(file)));
    const lengths = playlist.segments.slice(0, -1).map(({ durationSec }) => durationSec);
    expect(lengths.length).toBe(49);
    expect(Math.min(...lengths)).toBeGreaterThan(11.95);
    expect(Math.max(...lengths)).toBeLessThan(12);
    expect(playlist.targetSec).toBe(15);
  });
});

describe.concurrent('fMP4', () => {
  /** Packets of all segments behind their init segment, as ffprobe reads them. */
  async function packetsOf(stream: string, lastSequence: number): Promise<readonly Packet[]> {
    const hls = new HlsFolder(join(server.folder, 'fmp4'), stream);
    const { text } = await hls.untilListed(lastSequence);
    const init = /^#EXT-X-MAP:URI="(.*)"$/m.exec(text)?.[1];
    const segments = text.match(/^[^#].*\.m4s$/gm) ?? [];
    const whole = join(newFolder('fmp4'), 'whole.mp4');
    const parts = [String(init), ...segments].map((uri) => readFileSync(join(hls.folder, uri)));
    writeFileSync(whole, Buffer.concat(parts));
    const played = await run(ffmpegPath(), ['-v', 'warning', '-i', whole, '-f', 'null', '-']);
    expect(played.stderr).toBe('');
    return (await probe(whole)).packets;
  }

  test.each<[MediaName]>([['h264-bframes-aac.flv'], ['h264-mp3.flv'], ['aac.flv'], ['h264.flv']])(
    '%s has every packet of the source',
    async (name) => {
      const stream = uniqueName('fmp4');
      await publish(name, `${server.rtmpUrl(stream)}?vhost=fmp4.test`);
      const packets = await packetsOf(stream, 2);
      const source = (await probe(await mediaFile(name))).packets;
      for (const track of ['video', 'audio']) {
        const own = packets.filter((packet) => packet.track === track);
        const all = source.filter((packet) => packet.track === track);
        expect(own.map(({ hash }) => hash)).toEqual(all.map(({ hash }) => hash));
        const start = (list: readonly Packet[]) => list[0]?.dtsMs ?? 0;
        own.forEach((packet, index) => {
          const expected = all[index]!;
          const late = packet.dtsMs - start(own) - (expected.dtsMs - start(all));
          expect(Math.abs(late), `${track} packet ${index}`).toBeLessThanOrEqual(1);
          expect(packet.ptsMs - packet.dtsMs).toBe(expected.ptsMs - expected.dtsMs);
          expect(packet.isKey).toBe(expected.isKey);
        });
      }
    },
  );

  test('HEVC', async () => {
    const stream = uniqueName('fmp4');
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), `${stream}?vhost=fmp4.test`);
    for (const tag of await enhancedHevcTags()) peer.sendTag(tag);
    peer.end();
    const source = (await probe(await mediaFile('hevc.mp4'))).packets;
    expect((await packetsOf(stream, 2)).map(({ hash }) => hash)).toEqual(source.map(({ hash }) => hash));
  });
});

describe.concurrent('files', () => {
  test('are readable for everybody', async () => {
    const stream = uniqueName('mode');
    await publish('h264-aac.flv', server.rtmpUrl(stream));
    const hls = new HlsFolder(join(server.folder, 'html'), stream);
    const { segments } = await hls.untilListed(0);
    for (const name of [hls.playlistPath, join(hls.folder, String(segments[0]?.uri))]) {
      expect(statSync(name).mode & 0o444, name).toBe(0o444);
    }
    expect(statSync(hls.folder).mode & 0o555).toBe(0o555);
  });

  test.each(['../../escaped', '..%2f..%2fescaped', 'a/../../../escaped'])(
    'stay below hls_path, even for a stream called %s',
    async (name) => {
      const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), name);
      for (const tag of await mediaTags('h264-aac.flv')) peer.sendTag(tag);
      await server.waitForLog(new RegExp(`hls: no HLS for .*${name.replaceAll('.', '\\.')}, the name`));
      peer.destroy();
      expect(existsSync(join(server.folder, 'escaped.m3u8'))).toBe(false);
      expect(existsSync(join(server.folder, '../escaped.m3u8'))).toBe(false);
    },
  );

  test('hls_vcodec vn writes sound only', async () => {
    const stream = uniqueName('sound');
    await publish('h264-aac.flv', `${server.rtmpUrl(stream)}?vhost=sound.test`);
    const hls = new HlsFolder(join(server.folder, 'sound'), stream);
    const pes = await hls.checked(await hls.untilListed(2));
    expect(new Set(pes.map(({ streamType }) => streamType))).toEqual(new Set([0x0f]));
    expect(pes.length).toBeLessThan(80);
  });

  test('with keys are played by ffmpeg', async () => {
    const stream = uniqueName('secret');
    await publish('h264-aac.flv', `${server.rtmpUrl(stream)}?vhost=keys.test`);
    const hls = new HlsFolder(join(server.folder, 'html'), stream, 'keys.test');
    const { text } = await hls.untilListed(2);
    expect(text.match(/#EXT-X-KEY:METHOD=AES-128/g)?.length).toBe(2);
    const input = ['-allowed_extensions', 'ALL', '-live_start_index', '0', '-i', hls.playlistPath];
    const played = await run(ffmpegPath(), ['-v', 'warning', ...input, '-t', '3', '-f', 'null', '-']);
    expect(played.stderr.replaceAll(/^\[(hls|crypto).*Opening.*\n/gm, '')).toBe('');
    expect(played.status?.code).toBe(0);
  });
});
