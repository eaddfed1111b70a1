// Real ffmpeg clients beside the light viewers: they read the stream to its packets and say what they think
// of it.

import { type ChildProcess, spawn } from 'node:child_process';
import { findFfmpegTool } from '../../src/process/ffmpeg-binary.ts';

export interface FfmpegSummary {
  readonly clients: number;
  readonly failed: number;
  /** Video frames in the window of the client that got fewest. */
  readonly leastFrames: number;
  readonly mostFrames: number;
  /** Lines of warning or error, all clients together. */
  readonly complaints: number;
  readonly firstComplaint: string | undefined;
}

/** Prints `frame=N` twice a second on its standard output. */
const ARGUMENTS = ['-nostdin', '-hide_banner', '-loglevel', 'warning', '-nostats', '-progress', 'pipe:1'];

class FfmpegClient {
  frames = 0;
  framesAtOpen = 0;
  readonly complaints: string[] = [];
  private readonly child: ChildProcess;

  constructor(ffmpeg: string, url: string) {
    const args = [...ARGUMENTS, '-i', url, '-map', '0', '-c', 'copy', '-f', 'null', '-'];
    this.child = spawn(ffmpeg, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (data: Buffer) => this.readProgress(data.toString()));
    this.child.stderr?.on('data', (data: Buffer) => this.complain(data.toString()));
    this.child.on('error', (error) => this.complain(error.message));
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  private readProgress(text: string): void {
    const found = [...text.matchAll(/^frame=\s*(\d+)/gm)].at(-1)?.[1];
    if (found !== undefined) this.frames = Number(found);
  }

  private complain(text: string): void {
    this.complaints.push(...text.split('\n').filter((line) => line.trim() !== ''));
  }
}

export class FfmpegViewers {
  private readonly clients: readonly FfmpegClient[];

  constructor(urls: readonly string[]) {
    const ffmpeg = findFfmpegTool('ffmpeg');
    if (ffmpeg === undefined) throw new Error('no ffmpeg: apt-get install ffmpeg, or set FFMPEG_BIN');
    this.clients = urls.map((url) => new FfmpegClient(ffmpeg, url));
  }

  openWindow(): void {
    for (const client of this.clients) client.framesAtOpen = client.frames;
  }

  closeWindow(): FfmpegSummary {
    const frames = this.clients.map((client) => client.frames - client.framesAtOpen);
    const complaints = this.clients.flatMap((client) => client.complaints);
    return {
      clients: this.clients.length,
      failed: this.clients.filter((client) => client.hasEnded).length,
      leastFrames: Math.min(...frames),
      mostFrames: Math.max(...frames),
      complaints: complaints.length,
      firstComplaint: complaints[0],
    };
  }

  stop(): void {
    for (const client of this.clients) client.stop();
  }
}
