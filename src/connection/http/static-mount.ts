// Which folder answers a path: http_server.dir at /, and the http_static mounts of the vhosts.

export interface StaticMount {
  /** Vhost whose requests it answers; undefined for everybody's. */
  readonly vhost: string | undefined;
  /** With a slash at both ends. */
  readonly prefix: string;
  /** Absolute. */
  readonly dir: string;
}

export type StaticMatch =
  /** `path` is relative to `dir`, '' for the folder itself. */
  | { readonly type: 'file'; readonly mount: StaticMount; readonly path: string }
  /** The mount's own path without its slash. */
  | { readonly type: 'redirect' };

/**
 * The longest mount that a path lies in. As in SRS, a vhost with mounts of its own sees nothing but them.
 * @param path decoded, with a leading slash
 */
export function matchStaticMount(
  mounts: readonly StaticMount[],
  vhost: string,
  path: string,
): StaticMatch | undefined {
  const owner = mounts.some((mount) => mount.vhost === vhost) ? vhost : undefined;
  let best: StaticMount | undefined;
  for (const mount of mounts) {
    if (mount.vhost !== owner) continue;
    if (path === mount.prefix.slice(0, -1)) return { type: 'redirect' };
    if (path.startsWith(mount.prefix) && mount.prefix.length > (best?.prefix.length ?? 0)) best = mount;
  }
  return best && { type: 'file', mount: best, path: path.slice(best.prefix.length) };
}
