// Reload without a signal: the configuration as a ConfigMap volume, and as a file that people edit.

import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ServicePorts, ServiceProcess } from '../helpers/lifecycle-service.ts';
import { uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';

// The ConfigMap of the Kubernetes guide, before and after, on ports of the test and in a container that is not
// detected but told.
const full = ({ rtmp, http, api }: ServicePorts) => `
listen ${rtmp};
max_connections 1000;
daemon off;
in_docker on;
http_api { enabled on; listen ${api}; raw_api { enabled on; } }
http_server { enabled on; listen ${http}; }
vhost __defaultVhost__ {
    http_remux { enabled on; }
    hls { enabled on; }
}
`;
const minimal = ({ rtmp }: ServicePorts) => `
listen ${rtmp};
max_connections 1000;
daemon off;
in_docker on;
vhost __defaultVhost__ {
}
`;

/** What the kubelet does when a ConfigMap has changed. */
function swapVolume(folder: string, text: string): string {
  const link = join(folder, '..data');
  const before = fs.existsSync(link) ? fs.readlinkSync(link) : undefined;
  const version = `..2026_11_22_${uniqueName('14_34_17')}`;
  fs.mkdirSync(join(folder, version));
  fs.writeFileSync(join(folder, version, 'srs.conf'), text);
  fs.symlinkSync(version, join(folder, '..data_tmp'));
  fs.renameSync(join(folder, '..data_tmp'), link);
  if (before !== undefined) fs.rmSync(join(folder, before), { recursive: true });
  return version;
}

/** The image's command, on a volume that holds only `srs.conf`. */
async function onVolume(): Promise<{ service: ServiceProcess; volume: string }> {
  let volume = '';
  const service = await ServiceProcess.spawn(
    (ports, folder) => {
      volume = join(folder, 'conf');
      fs.mkdirSync(volume);
      swapVolume(volume, full(ports));
      fs.symlinkSync('..data/srs.conf', join(volume, 'srs.conf'));
      return '# not used';
    },
    { confName: 'unused.conf', args: () => ['-c', 'conf/docker.conf'] },
  );
  await service.ready();
  return { service, volume };
}

/** Texts of the lines behind the first `from` characters. */
const textsSince = (service: ServiceProcess, from: number) =>
  service.log
    .slice(from)
    .split('\n')
    .map((line) => line.replace(/^\[[^\]]+\]\[\w+\]\[\d+\]\[\w+\](\[\d+\])? /, ''));

async function stop(service: ServiceProcess): Promise<void> {
  service.child.kill('SIGTERM');
  expect(await service.child.exited()).toEqual({ code: 0, signal: null });
}

describe.concurrent('a ConfigMap volume', () => {
  test('that is swapped reloads with the lines of the guide, and back', async () => {
    const { service, volume } = await onVolume();
    const { ports } = service;
    await service.waitForLog(/\[Warn\]\S* enable auto reload for docker\n/);
    await service.waitForLog(/ auto reload watching fd=\S+, watch=1, file=conf\n/);
    const viewer = await RtmpPeer.player({ port: ports.rtmp }, `rtmp://127.0.0.1:${ports.rtmp}/live`, 's');
    expect((await fetch(`http://127.0.0.1:${ports.api}/api/v1/versions`)).status).toBe(200);

    let from = service.log.length;
    const version = swapVolume(volume, minimal(ports));
    await service.waitForLog(/reload config success\./);
    const said = textsSince(service, from);
    expect(said.slice(0, 6)).toEqual([
      `inotify event wd=1, mask=0x40000100, len=${Math.ceil((version.length + 1) / 16) * 16}, name=${version}, reload=0`,
      'inotify event wd=1, mask=0x100, len=16, name=..data_tmp, reload=0',
      'inotify event wd=1, mask=0x80, len=16, name=..data, reload=1',
      'reload config, signo=1',
      'config parse complete',
      'srs checking config...',
    ]);
    for (const line of [
      'reload http_api on=>off success.',
      'reload http stream on=>off success.',
      'vhost __defaultVhost__ reload hls success.',
      'vhost __defaultVhost__ reload http_remux success.',
    ]) {
      expect(said).toContain(line);
    }
    await expect(RtmpPeer.open({ port: ports.api }), 'a new connection').rejects.toThrow('ECONNREFUSED');
    expect(viewer.isClosed).toBe(false);

    from = service.log.length;
    swapVolume(volume, full(ports));
    await waitFor('the way back', () => textsSince(service, from).includes('reload config success.'));
    expect(textsSince(service, from)).toContain('reload off=>on http_api success.');
    expect((await fetch(`http://127.0.0.1:${ports.api}/api/v1/versions`)).status).toBe(200);
    expect(viewer.isClosed).toBe(false);
    await stop(service);
  });

  test('with a broken conf changes nothing until the next swap', async () => {
    const { service, volume } = await onVolume();
    const { ports } = service;
    const versions = `http://127.0.0.1:${ports.api}/api/v1/versions`;
    const lastReload = async () =>
      (await (await fetch(`http://127.0.0.1:${ports.api}/api/v1/raw?rpc=reload-fetch`)).json()) as {
        data: { err: number; msg: string };
      };
    swapVolume(volume, full(ports).replace('max_connections 1000;', 'max_connectionz 1000;'));
    await service.waitForLog(/reload failed, the running configuration stays as it is/);
    await service.waitForLog(/\[Error\]\S* conf\/srs\.conf:\d+:\d+: error: /);
    expect((await fetch(versions)).status).toBe(200);
    expect((await lastReload()).data.err).toBe(1023);
    swapVolume(volume, full(ports).replace('max_connections 1000;', 'max_connections 999;'));
    await service.waitForLog(/reload max_connections success\./);
    await waitFor('success', async () => (await lastReload()).data.err === 0);
    await stop(service);
  });
});

describe.concurrent('a file', () => {
  const conf = (ports: ServicePorts, more: string) =>
    `listen ${ports.rtmp}; daemon off; disable_daemon_for_docker off; srs_log_tank file; ${more} vhost __defaultVhost__ { }`;

  test('that an editor replaces reloads when it is asked for, in a container or not', async () => {
    const root = 'inotify_auto_reload on; auto_reload_for_docker off;';
    const service = await ServiceProcess.spawn((ports) => conf(ports, root), {
      args: () => ['-c', 'srs.conf'],
    });
    await service.ready();
    expect(service.log).not.toMatch(/enable auto reload for docker/);
    await service.waitForLog(/auto reload watching fd=\S+, watch=1, file=\.\/\n/);
    service.write('srs.conf.swp', conf(service.ports, `${root} max_connections 5;`));
    fs.renameSync(join(service.folder, 'srs.conf.swp'), service.confPath);
    await service.waitForLog(/mask=0x80, len=16, name=srs\.conf, reload=1\n/);
    await service.waitForLog(/reload max_connections success\./);
    await stop(service);
  });

  test('is not watched when nobody asks for it', async () => {
    const root = 'inotify_auto_reload off; auto_reload_for_docker off;';
    const service = await ServiceProcess.spawn((ports) => conf(ports, root));
    await service.ready();
    expect(service.log).not.toMatch(/auto reload/);
    await stop(service);
  });
});

describe.concurrent('a server without a file (-e)', () => {
  test('refuses to reload in the words of SRS 7, and goes on', async () => {
    const service = await ServiceProcess.spawn(() => '', {
      args: () => ['-e'],
      env: { SRS_LISTEN: '', SRS_LOG_TANK: 'file' },
    });
    await service.ready();
    service.child.kill('SIGHUP');
    await service.waitForLog(
      /reload failed, state=10, err code=1023\(ConfigInvalid\) : parse file : empty config/,
    );
    await stop(service);
  });
});
