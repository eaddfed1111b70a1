// Entry of a worker process: the bench forks it and hands it its job.

import { PublisherLoad } from '../publisher/publisher-load.ts';
import { ViewerLoad } from '../viewer/viewer-load.ts';
import type { WorkerRequest } from './worker-messages.ts';
import { serveWorker } from './worker-window.ts';

process.once('message', (request: WorkerRequest) => {
  if (request.type !== 'start') return;
  const load = request.job.kind === 'viewers' ? new ViewerLoad(request.job) : new PublisherLoad(request.job);
  serveWorker(load);
  load.start();
});
