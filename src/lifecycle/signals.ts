// Signals as SRS understands them. Installed before the first port opens: the first process of a container gets
// only signals that it has a handler for, and SIGUSR1 would open Node's inspector port otherwise.

export interface SignalActions {
  /** SIGHUP */
  readonly reload: () => void;
  /** SIGUSR1 */
  readonly reopenLog: () => void;
  /** SIGTERM (15) and SIGINT (2) */
  readonly terminate: (signo: number) => void;
  /** SIGQUIT */
  readonly quitGracefully: () => void;
}

/** For the life of the process. */
export function installSignals(actions: SignalActions): void {
  process.on('SIGHUP', actions.reload);
  process.on('SIGUSR1', actions.reopenLog);
  process.on('SIGTERM', () => actions.terminate(15));
  process.on('SIGINT', () => actions.terminate(2));
  process.on('SIGQUIT', actions.quitGracefully);
}
