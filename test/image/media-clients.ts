// Publishers and players on this machine, as users outside of the cluster have them.

import { run } from '../helpers/child.ts';
import { FfmpegPublisher, ffmpegPath } from '../helpers/ffmpeg.ts';
import { mediaFile } from '../helpers/media.ts';
import { waitFor } from '../helpers/wait-for.ts';

export async function publish(url: string): Promise<FfmpegPublisher> {
  const publisher = new FfmpegPublisher(await mediaFile('h264-small-aac.flv'), url, { isLooping: true });
  await publisher.waitUntilPublished(500);
  return publisher;
}

/** Plays a second of it; returns what ffmpeg says of the stream, or undefined if it cannot be played. */
export async function play(url: string): Promise<string | undefined> {
  const args = ['-nostdin', '-hide_banner', '-rw_timeout', '10000000', '-i', url, '-t', '1'];
  const ffmpeg = await run(ffmpegPath(), [...args, '-c', 'copy', '-f', 'null', '-']);
  const { status, stderr } = ffmpeg;
  return status?.code === 0 && /Video: h264[\s\S]*Audio: aac/.test(stderr) ? stderr : undefined;
}

/** Plays until it plays: a stream may have to be found, a segment be written. */
export function waitUntilPlays(url: string): Promise<string> {
  return waitFor(`${url} to play`, () => play(url), { intervalMs: 200 });
}

/** What the metadata of a stream say of the server that sent it. */
export async function serverVersion(url: string): Promise<string | undefined> {
  return /server_version\s*: (\S+)/.exec(await waitUntilPlays(url))?.[1];
}
