// /metrics, as Prometheus reads it: SRS's names with true values, reloads that failed, and a drain.

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { http } from '../helpers/http.ts';
import { mediaFile } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

const SRS_METRICS = [
  'srs_build_info',
  'srs_clients',
  'srs_clients_errs_total',
  'srs_clients_total',
  'srs_cpu_percent',
  'srs_memory',
  'srs_node_uname_info',
  'srs_receive_bytes_total',
  'srs_send_bytes_total',
  'srs_streams',
];

interface Started {
  readonly server: TestServer;
  readonly api: number;
  readonly exporter: number;
}

async function start(exporterIs: 'on' | 'off', root = ''): Promise<Started> {
  const [api, exporter] = [await freePort(), await freePort()];
  const server = await TestServer.start({
    root: `http_api { enabled on; listen ${api}; } ${root}
      exporter { enabled ${exporterIs}; listen ${exporter}; label cn-beijing; tag cn-edge; }`,
  });
  return { server, api, exporter };
}

/** Series, with their labels, to value. */
async function scrape(port: number): Promise<ReadonlyMap<string, number>> {
  const { status, text, headers } = await http(port, '/metrics');
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(/^text\/plain; .*charset=utf-8/);
  const series = [...text.matchAll(/^([a-z0-9_]+(?:\{.*\})?) (\S+)$/gm)];
  return new Map(series.map(([, name, value]) => [String(name), Number(value)]));
}

function rewrite({ server }: Started, change: (conf: string) => string): void {
  const path = join(server.folder, 'srs.conf');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  server.child.kill('SIGHUP');
}

test.concurrent('count what happens, under the names of SRS and of ours', async () => {
  const { server, api, exporter } = await start('on');
  const stream = uniqueName('metrics');
  const publisher = new FfmpegPublisher(await mediaFile('h264-aac.flv'), server.rtmpUrl(stream), {
    isLooping: true,
  });
  await publisher.waitUntilPublished(300);
  const rtmp = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  const flv = await FlvViewer.start(server, stream);
  await flv.waitForTags(20);
  const refused = await RtmpPeer.connected(server.target, server.tcUrl());
  refused.requestPublish(stream);
  await refused.waitForClose();
  const noHttp = connect(server.httpPort, '127.0.0.1', () => noHttp.write('no HTTP at all\r\n\r\n'));
  await once(noHttp.resume(), 'close');

  const text = (await http(exporter, '/metrics')).text;
  const types = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]));
  for (const name of SRS_METRICS)
    expect(types.get(name), name).toBe(name.endsWith('_total') ? 'counter' : 'gauge');
  expect(text).toMatch(
    /srs_build_info\{server="\S+",service="\w+",pid="\d+",.*label="cn-beijing",tag="cn-edge"\} 1/,
  );
  const values = await scrape(exporter);
  const expected = {
    srs_streams: 1,
    srs_clients: 3,
    'tsrs_clients{type="rtmp-play"}': 1,
    'tsrs_clients{type="flv-play"}': 1,
    'tsrs_clients{type="fmle-publish"}': 1,
    tsrs_connections_limit: 1000,
    tsrs_ready: 1,
    tsrs_draining: 0,
    tsrs_config_last_reload_successful: 1,
    'tsrs_refusals_total{action="publish"}': 1,
    tsrs_errors_total: 1,
    srs_clients_errs_total: 2,
    tsrs_publishes_total: 1,
    tsrs_plays_total: 2,
    tsrs_kicks_total: 0,
  };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, values.get(name)]))).toEqual(expected);
  // Sockets are asked for their counts twice a second at most.
  const sentBytes = flv.byteCount / 2;
  await waitFor('the bytes to be counted', async () => {
    const now = await scrape(exporter);
    const [sent = 0, received = 0] = ['send', 'receive'].map((way) => now.get(`srs_${way}_bytes_total`));
    return sent > sentBytes && received > 1000;
  });
  expect(values.get('srs_memory')).toBeGreaterThan(20_000);
  expect(values.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
  expect(values.get('process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(text, 'no series per stream').not.toContain(stream);

  const client = /"id":"(\w+)"[^{}]*"type":"flv-play"/.exec((await http(api, '/api/v1/clients/')).text)?.[1];
  await http(api, `/api/v1/clients/${client}`, { method: 'DELETE' });
  await flv.waitForEnd();
  await waitFor('the kick', async () => (await scrape(api)).get('tsrs_kicks_total') === 1);
  rtmp.destroy();
  await publisher.stop();
  await server.stop();
});

test.concurrent('the exporter is switched on and off by a reload, and a broken conf is seen until it is repaired', async () => {
  const started = await start('off', 'auto_reload_for_docker off;');
  const { server, api, exporter } = started;
  const disabled = await http(api, '/metrics');
  expect([disabled.text, disabled.headers['content-type']]).toEqual(['{"code":1090}', 'application/json']);
  await expect(http(exporter, '/metrics')).rejects.toThrow('ECONNREFUSED');
  rewrite(started, (conf) => conf.replace('exporter { enabled off', 'exporter { enabled on'));
  await waitFor(
    'the exporter',
    async () => (await scrape(exporter).catch(() => undefined))?.get('tsrs_ready') === 1,
  );
  // Who may scrape may not kick off.
  expect((await http(exporter, '/api/v1/clients/')).status).toBe(404);

  rewrite(started, (conf) =>
    conf.replace('max_connections', 'max_conections').replace('daemon off;', 'daemon of f;\nbroken;'),
  );
  await server.waitForLog(/the running configuration stays as it is/);
  const broken = await scrape(exporter);
  expect(broken.get('tsrs_config_last_reload_successful')).toBe(0);
  expect(broken.get('tsrs_config_reloads_total{result="failure"}')).toBe(1);
  rewrite(started, (conf) => conf.replace('daemon of f;\nbroken;', 'daemon off;'));
  await waitFor(
    'the repair',
    async () => (await scrape(exporter)).get('tsrs_config_last_reload_successful') === 1,
  );
  rewrite(started, (conf) => conf.replace('exporter { enabled on', 'exporter { enabled off'));
  await waitFor('the end of the exporter', async () =>
    http(exporter, '/metrics').then(
      () => false,
      () => true,
    ),
  );
  await server.stop();
});

test.concurrent('are there until the server has ended', async () => {
  const { server, exporter } = await start('on', 'grace_start_wait 100; grace_final_wait 1500;');
  server.child.kill('SIGQUIT');
  await server.waitForLog(/listeners closed/);
  const values = await scrape(exporter);
  expect([values.get('tsrs_ready'), values.get('tsrs_draining')]).toEqual([0, 1]);
  expect((await server.child.exited()).code).toBe(0);
});
