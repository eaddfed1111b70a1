// Which live stream an HTTP path means: the `mount` template of a vhost's http_remux against the request.

import type { StreamId } from '../../stream/stream-id.ts';
import type { VhostOptions } from '../vhost.ts';
import type { LiveFormat } from '../viewer-outputs.ts';

/** A mount's extension picks the format. */
const FORMATS: Readonly<Record<string, LiveFormat>> = {
  '.flv': 'flv',
  '.ts': 'ts',
  '.aac': 'aac',
  '.mp3': 'mp3',
};

export interface LiveMatch {
  readonly format: LiveFormat;
  readonly id: StreamId;
}

/** The part of the last path element from its last dot on: `/live/a.b.flv` has `.flv`. */
function extensionOf(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') ? path.slice(dot) : '';
}

/**
 * Matches a request path (without query, not percent-decoded) against the vhost's mount template. The text
 * around the variables must be equal. `[app]` may span several path elements for a stream that is published
 * already; a viewer can wait only where the path is as deep as the template (spec of SRS's HTTP server).
 * @returns undefined if the path is no live stream of this vhost
 */
export function matchLiveMount(
  path: string,
  vhost: VhostOptions,
  isPublished: (id: StreamId) => boolean,
): LiveMatch | undefined {
  const { isEnabled, mount } = vhost.httpRemux;
  if (!isEnabled || !vhost.isEnabled) return undefined;
  const template = mount.startsWith('[vhost]') ? mount.slice('[vhost]'.length) : mount;
  const extension = extensionOf(template);
  const format = FORMATS[extension];
  if (format === undefined || extensionOf(path) !== extension) return undefined;
  const names = templatePattern(template).exec(path)?.groups;
  if (names?.stream === undefined) return undefined;
  const id = { vhost: vhost.name, app: names.app ?? '', stream: names.stream };
  return depthOf(path) === depthOf(template) || isPublished(id) ? { format, id } : undefined;
}

function depthOf(path: string): number {
  return path.split('/').length;
}

const VARIABLES: Readonly<Record<string, string>> = {
  '[app]': '(?<app>[^/]+(?:/[^/]+)*)',
  '[stream]': '(?<stream>[^/]+)',
  '[vhost]': '[^/]+',
  '[seq]': '\\d+',
};

const patterns = new Map<string, RegExp>();

/** What a template with `[vhost]`, `[app]`, `[stream]` and `[seq]` matches; `app` and `stream` are groups. */
export function templatePattern(template: string): RegExp {
  const found = patterns.get(template);
  if (found !== undefined) return found;
  const source = template
    .split(/(\[(?:vhost|app|stream|seq)\])/)
    .map((part) => VARIABLES[part] ?? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('');
  const pattern = new RegExp(`^${source}$`);
  patterns.set(template, pattern);
  return pattern;
}
