// The text of /metrics, as Prometheus reads it. Everything here is loaded and made at the first scrape, and values
// are read when somebody scrapes: a server that nobody scrapes pays nothing.

import { type MetricRow, type MetricSource, metricTable, type Sample } from './metric-table.ts';

type Prometheus = typeof import('prom-client');
type Registry = InstanceType<Prometheus['Registry']>;

/** Of the event loop's delay, ms. */
const DELAY_RESOLUTION_MS = 20;

export class Metrics {
  readonly #source: MetricSource;
  #registry: Promise<Registry> | undefined;

  constructor(source: MetricSource) {
    this.#source = source;
  }

  /** @returns the text and its content type */
  async scrape(): Promise<{ readonly text: string; readonly contentType: string }> {
    this.#registry ??= createRegistry(this.#source);
    const registry = await this.#registry;
    this.#source.context.statistics.update();
    return { text: await registry.metrics(), contentType: registry.contentType };
  }
}

async function createRegistry(source: MetricSource): Promise<Registry> {
  const { default: prometheus } = await import('prom-client');
  const registry = new prometheus.Registry();
  for (const row of metricTable) addMetric(prometheus, registry, row, source);
  // CPU, memory, file descriptors, garbage collection and the delay of the event loop, under their usual names.
  prometheus.collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: DELAY_RESOLUTION_MS });
  return registry;
}

function addMetric(prometheus: Prometheus, registry: Registry, row: MetricRow, source: MetricSource): void {
  const { name, help, labels = [] } = row;
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  if (row.type === 'gauge') {
    const gauge = new prometheus.Gauge({
      ...options,
      collect: () => {
        gauge.reset();
        for (const { labels: of = {}, value } of samplesOf(row, source)) gauge.set(of, value);
      },
    });
  } else {
    const counter = new prometheus.Counter({
      ...options,
      collect: () => {
        counter.reset();
        for (const { labels: of = {}, value } of samplesOf(row, source)) counter.inc(of, value);
      },
    });
  }
}

function samplesOf(row: MetricRow, source: MetricSource): readonly Sample[] {
  const value = row.read(source);
  return typeof value === 'number' ? [{ value }] : value;
}
