// The guide's "Auto Reload by Inotify": a ConfigMap changes, with the right text and with a broken one; and the
// containers that the guide limits to a tenth of a CPU.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectInOrder } from '../helpers/in-order.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { LivePod } from './live-pod.ts';
import { guide, type Manifest, named } from './manifest.ts';
import { waitUntilPlays } from './media-clients.ts';

const manifests = guide('auto-reload');
const full = named(manifests, 'ConfigMap', 'srs-config');
/** With the API and the metrics that tell of the last reload. */
const observed = replaced(
  full,
  'listen 1985;\n}',
  'listen 1985;\n    raw_api { enabled on; }\n}\nexporter { enabled on; }',
);
const broken = replaced(observed, 'hls {', 'hsl {');

function replaced(map: Manifest, from: string, to: string): Manifest {
  const conf = map.data?.['srs.conf'] ?? '';
  if (!conf.includes(from)) throw new Error(`no ${from} in ${conf}`);
  return { ...map, data: { 'srs.conf': conf.replace(from, to) } };
}

describe('a ConfigMap that changes', () => {
  const live = new LivePod();

  beforeAll(() => live.start(manifests));

  afterAll(() => live.close());

  test('is watched without a setting', async () => {
    const log = await live.pod.exec(['cat', 'objs/srs.log']);
    expect(log).toMatch(/enable auto reload for docker/);
    expect(log).toMatch(/auto reload watching fd=.*, watch=1, file=conf/);
  });

  test('a broken one changes nothing, is seen in log, API and metrics until it is mended, and then in none', async () => {
    const { pod } = live;
    const state = async () => JSON.parse((await pod.get(1985, '/api/v1/raw?rpc=reload-fetch')).text).data;
    const metric = async () =>
      /^tsrs_config_last_reload_successful (\d)$/m.exec((await pod.get(9972, '/metrics')).text)?.[1];
    await live.cluster.apply([observed]);
    await pod.waitForLog(/reload config success/);
    expect([(await state()).err, await metric()]).toEqual([0, '1']);

    await live.cluster.apply([broken]);
    await pod.waitForLog(/conf\/srs\.conf:\d+:\d+: error: .*hsl/);
    await pod.waitForLog(/reload failed.*hsl/);
    expect(await state()).toMatchObject({ err: 1023, msg: expect.stringContaining('hsl') });
    expect(await metric()).toBe('0');
    expect((await pod.get(1985, '/readyz')).status).toBe(200);
    await waitUntilPlays(live.rtmpUrl);

    const from = pod.logs().output.length;
    await live.cluster.apply([observed]);
    await waitFor('the error to be gone', async () => (await state()).err === 0);
    expect(await metric()).toBe('1');
    await waitFor('its line', () => /reload config success/.test(pod.logs().output.slice(from)));
  });

  test("the guide's change closes HTTP and HLS, says so in the guide's lines, and the publisher stays", async () => {
    const from = live.pod.logs().output.length;
    await live.cluster.apply(guide('auto-reload-changed'));
    await live.pod.waitForLog(/on=>off[\s\S]*reload config success\./);
    expectInOrder(live.pod.logs().output.slice(from), [
      /inotify event wd=1, mask=0x40000100, len=\d+, name=\.\.\d{4}_\S+, reload=0/,
      /inotify event wd=1, mask=0x100, len=16, name=\.\.data_tmp, reload=0/,
      /inotify event wd=1, mask=0x80, len=16, name=\.\.data, reload=1/,
      /reload config, signo=1/,
      /config parse complete/,
      /srs checking config\.\.\./,
      /reload http_api on=>off success\./,
      /reload http stream on=>off success\./,
      /vhost __defaultVhost__ maybe modified, reload its detail\./,
      /vhost __defaultVhost__ reload hls success\./,
      /vhost __defaultVhost__ reload http_remux success\./,
      /ingest nothing changed for vhost=__defaultVhost__/,
      /reload config success\./,
    ]);
    for (const port of [1985, 8080]) {
      await expect(live.pod.exec(['bash', '-c', `: </dev/tcp/127.0.0.1/${port}`])).rejects.toThrow(/refused/);
    }
    const before = live.publisher.publishedMs;
    await waitFor('the publisher to go on', () => live.publisher.publishedMs > before + 1000);
    await waitUntilPlays(live.rtmpUrl);
    // The health check of the image knows that the API may be closed.
    await live.pod.exec(['./etc/healthcheck']);
  });
});

describe("the guide's resources", () => {
  test('an edge with a tenth of a CPU starts and serves', async ({ onTestFinished }) => {
    const live = new LivePod();
    onTestFinished(() => live.close());
    await live.start(guide('quick-start'));
    const { cluster } = live;
    await cluster.apply([named(guide('edge-cluster'), 'ConfigMap', 'srs-edge-config')]);
    const edge = await cluster.startReplica(named(guide('resources'), 'Deployment', 'srs-edge-deploy'), 0);
    await edge.waitUntilReady();
    await waitUntilPlays(`rtmp://${edge.ip}/live/livestream`);
    await waitUntilPlays(`http://${edge.ip}:8080/live/livestream.flv`);
  });
});
