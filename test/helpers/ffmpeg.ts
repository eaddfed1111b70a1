// ffmpeg as publisher and ffprobe as viewer, with captured messages and deadlines.

import { type FfmpegTool, findFfmpegTool } from '../../src/process/ffmpeg-binary.ts';
import { Child } from './child.ts';
import { PATIENCE_MS, waitFor } from './wait-for.ts';

export function ffmpegPath(): string {
  return toolPath('ffmpeg');
}

export function ffprobePath(): string {
  return toolPath('ffprobe');
}

function toolPath(tool: FfmpegTool): string {
  const path = findFfmpegTool(tool);
  if (!path) throw new Error(`no ${tool}: run \`npm ci\`, or set ${tool.toUpperCase()}_BIN`);
  return path;
}

export interface PublishOptions {
  /** Feed at the file's own pace; default true. */
  readonly isRealTime?: boolean;
  readonly isLooping?: boolean;
  /** More output options, before the URL. */
  readonly outputArgs?: readonly string[];
}

/** `ffmpeg -re -i FILE -c copy -f flv URL`. */
export class FfmpegPublisher {
  readonly child: Child;

  constructor(file: string, url: string, options: PublishOptions = {}) {
    this.child = new Child(ffmpegPath(), [
      ...['-hide_banner', '-nostdin', '-v', 'info', '-nostats', '-progress', 'pipe:1'],
      ...((options.isRealTime ?? true) ? ['-re'] : []),
      ...(options.isLooping ? ['-stream_loop', '-1'] : []),
      ...['-i', file, '-c', 'copy', ...(options.outputArgs ?? []), '-f', 'flv', url],
    ]);
  }

  /** How far it has published, ms of media time; ffmpeg tells twice a second. */
  get publishedMs(): number {
    // In spite of its name the field counts microseconds.
    const last = [...this.child.stdout.matchAll(/^out_time_ms=(-?\d+)/gm)].at(-1)?.[1];
    return Number(last ?? 0) / 1000;
  }

  async waitUntilPublished(mediaMs: number, timeoutMs = PATIENCE_MS): Promise<void> {
    await waitFor(
      () => `${mediaMs} ms to be published by ${this.child.describe()}`,
      () => {
        if (this.child.status && this.publishedMs < mediaMs) throw new Error(this.child.describe());
        return this.publishedMs >= mediaMs;
      },
      { timeoutMs },
    );
  }

  /** Waits for the end of the file and of the process; throws unless ffmpeg is content. */
  async finish(timeoutMs = PATIENCE_MS): Promise<void> {
    const { code } = await this.child.exited(timeoutMs);
    if (code !== 0) throw new Error(this.child.describe());
  }

  /** As Ctrl-C does: ffmpeg says goodbye to the server. */
  async stop(): Promise<void> {
    this.child.kill('SIGINT');
    await this.child.exited();
  }
}
