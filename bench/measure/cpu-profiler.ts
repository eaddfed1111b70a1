// A CPU profile of this process, taken by V8's own sampler.

import { Session } from 'node:inspector/promises';

const INTERVAL_US = 1000;

export class CpuProfiler {
  private readonly session = new Session();
  private readonly started: Promise<void>;

  constructor() {
    this.session.connect();
    this.started = this.start();
  }

  /** The profile as JSON, as `node --cpu-prof` writes it. */
  async stop(): Promise<string> {
    await this.started;
    const { profile } = await this.session.post('Profiler.stop');
    this.session.disconnect();
    return JSON.stringify(profile);
  }

  private async start(): Promise<void> {
    await this.session.post('Profiler.enable');
    await this.session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    await this.session.post('Profiler.start');
  }
}
