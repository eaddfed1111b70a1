// From directives to how the process lives: daemon or not, watching its file or not, how it quits.

import { isInContainer } from '../../lifecycle/container.ts';
import type { GraceOptions } from '../../lifecycle/quit.ts';
import type { RootSettings } from '../directives/table.ts';

export interface ProcessOptions {
  /** Detected, or `in_docker on`. */
  readonly isContainer: boolean;
  /** Goes to the background. */
  readonly isDaemon: boolean;
  /** `daemon` is on, but a container stays in the foreground. */
  readonly isDaemonDisabled: boolean;
  /** Ends with its parent (`asprocess`). */
  readonly followsParent: boolean;
  /** Reloads when its file changes. */
  readonly isWatching: boolean;
  /** Only because it is in a container. */
  readonly isWatchingForContainer: boolean;
}

/** Settled at the start; a reload does not change them. */
export function processOptions(root: RootSettings): ProcessOptions {
  const isContainer = root.in_docker || isInContainer();
  const isDaemonDisabled = root.daemon && isContainer && root.disable_daemon_for_docker;
  const isWatchingForContainer = isContainer && root.auto_reload_for_docker;
  return {
    isContainer,
    isDaemon: root.daemon && !isDaemonDisabled,
    isDaemonDisabled,
    followsParent: root.asprocess,
    isWatching: root.inotify_auto_reload || isWatchingForContainer,
    isWatchingForContainer,
  };
}

export function graceOptions(root: RootSettings): GraceOptions {
  return {
    startWaitMs: Math.max(0, root.grace_start_wait),
    finalWaitMs: Math.max(0, root.grace_final_wait),
    isForced: root.force_grace_quit,
  };
}
