// Where ffmpeg and ffprobe are: one answer for the transcoder, the demo and the tests.

import { accessSync, chmodSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

export type FfmpegTool = 'ffmpeg' | 'ffprobe';

/**
 * Absolute path of the program, or undefined if there is none. In this order: `FFMPEG_BIN` or `FFPROBE_BIN`,
 * the npm packages that carry or have downloaded a binary, `PATH`. A set variable is final: it is returned
 * as it is, so that a wrong one fails where it is used instead of being replaced silently.
 */
export function findFfmpegTool(
  tool: FfmpegTool,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const chosen = environment[tool === 'ffmpeg' ? 'FFMPEG_BIN' : 'FFPROBE_BIN'];
  if (chosen) return chosen;
  return (
    fromPackage(`${tool}-static`) ?? fromPackage(`@${tool}-installer/${tool}`) ?? fromPath(tool, environment)
  );
}

/** `ffmpeg-static` exports the path, `ffprobe-static` and the installers an object that holds it. */
function fromPackage(name: string): string | undefined {
  try {
    const exported = createRequire(import.meta.url)(name) as string | { path?: string } | null;
    const path = typeof exported === 'string' ? exported : exported?.path;
    if (path && !isExecutable(path)) chmodSync(path, 0o755); // npm without install scripts leaves it as packed
    return path;
  } catch {
    return undefined; // not installed, or no binary for this platform: the packages are optional
  }
}

function fromPath(tool: FfmpegTool, environment: NodeJS.ProcessEnv): string | undefined {
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, tool)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
