// A server under test: what is run, with which files, and where its streams are.

export interface Setup {
  readonly host: string;
  readonly rtmpPort: number;
  readonly httpPort: number;
  readonly apiPort: number;
  /** The run's own folder: configuration, logs, segments. */
  readonly dir: string;
  readonly connections: number;
  readonly minLatency: boolean;
  readonly hls: boolean;
  /** Merged reading of publishers (`publish { mr on; }`), where the server knows it. */
  readonly mergedRead: boolean;
}

export interface LaunchPlan {
  readonly command: string;
  readonly args: readonly string[];
  /** Written before the start; paths are inside `Setup.dir`. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** A Node program: the event-loop measurement is preloaded and asked over its IPC channel. */
  readonly isNode: boolean;
  /** Ports that must accept before the server counts as started. */
  readonly ports: readonly number[];
}

/** A server that the bench starts for each run and stops again. */
export interface LaunchedTarget extends StreamPaths {
  readonly type: 'launched';
  readonly name: string;
  /** Ours must pass every check; what a peer does is only reported. */
  readonly isOurs: boolean;
  readonly protocols: readonly ViewerProtocolName[];
  plan(setup: Setup): LaunchPlan;
}

/** A server that runs already, on this machine. */
export interface RunningTarget extends StreamPaths {
  readonly type: 'running';
  readonly name: string;
  readonly isOurs: boolean;
  readonly protocols: readonly ViewerProtocolName[];
  readonly host: string;
  readonly rtmpPort: number;
  readonly httpPort: number;
  /** Undefined: CPU and memory are not measured. */
  readonly pid: number | undefined;
}

export type Target = LaunchedTarget | RunningTarget;

export interface StreamPaths {
  readonly app: string;
  flvPath(stream: string): string;
  hlsPath(stream: string): string;
}

export type ViewerProtocolName = 'rtmp' | 'flv' | 'ws' | 'hls';

/** Application under which the bench publishes when nobody says otherwise. */
export const DEFAULT_APP = 'live';
