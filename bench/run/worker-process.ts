// The bench's side of a worker process.

import { type ChildProcess, fork } from 'node:child_process';
import type {
  PublisherJob,
  ViewerJob,
  WorkerAnswer,
  WorkerProgress,
  WorkerRequest,
} from './worker-messages.ts';

const WORKER = new URL('./worker.js', import.meta.url);

export type WindowAnswer = Extract<WorkerAnswer, { readonly type: 'window' }>;

const NO_PROGRESS: WorkerProgress = {
  type: 'progress',
  started: 0,
  running: 0,
  failed: 0,
  firstFailure: undefined,
};

export class WorkerProcess {
  progress = NO_PROGRESS;
  private readonly child: ChildProcess;
  private onWindow: ((answer: WindowAnswer) => void) | undefined;
  private onWindowFailed: ((error: Error) => void) | undefined;

  constructor(job: ViewerJob | PublisherJob) {
    this.child = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', (answer: WorkerAnswer) => this.take(answer));
    this.child.on('exit', () => this.onWindowFailed?.(new Error(`the ${job.kind} process ended early`)));
    this.send({ type: 'start', job });
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  openWindow(): void {
    this.send({ type: 'open-window' });
  }

  closeWindow(): Promise<WindowAnswer> {
    return new Promise((resolve, reject) => {
      this.onWindow = resolve;
      this.onWindowFailed = reject;
      if (this.hasEnded) reject(new Error('a worker process ended early'));
      else this.send({ type: 'close-window' });
    });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  private send(request: WorkerRequest): void {
    if (this.child.connected) this.child.send(request);
  }

  private take(answer: WorkerAnswer): void {
    if (answer.type === 'progress') this.progress = answer;
    else this.onWindow?.(answer);
  }
}
