// The worker's side of the talk with the bench, the same for viewers and publishers: progress twice a second,
// a measuring window on request, and an end when the bench is gone.

import type {
  PublisherReport,
  ViewerReport,
  WorkerAnswer,
  WorkerProgress,
  WorkerRequest,
} from './worker-messages.ts';

const PROGRESS_INTERVAL_MS = 500;

export interface WorkerLoad {
  progress(): Omit<WorkerProgress, 'type'>;
  openWindow(): void;
  closeWindow(): { readonly viewers: ViewerReport } | { readonly publishers: PublisherReport };
}

export function serveWorker(load: WorkerLoad): void {
  let cpuAtOpen = process.cpuUsage();
  setInterval(() => answer({ type: 'progress', ...load.progress() }), PROGRESS_INTERVAL_MS);
  process.on('message', (request: WorkerRequest) => {
    if (request.type === 'open-window') {
      cpuAtOpen = process.cpuUsage();
      load.openWindow();
    } else if (request.type === 'close-window') {
      const { user, system } = process.cpuUsage(cpuAtOpen);
      answer({ type: 'window', cpuSec: (user + system) / 1e6, ...load.closeWindow() });
    }
  });
  process.once('disconnect', () => process.exit(0));
}

function answer(message: WorkerAnswer): void {
  process.send?.(message);
}
