// The srs.conf texts of the Kubernetes guide (its ConfigMaps), as users mount them over conf/ of the image, which is
// started with conf/docker.conf.

import { describe, expect, test } from 'vitest';
import { diffConfigs } from '../../../src/config/diff.ts';
import { load } from '../../../src/config/load.ts';

const head = `listen              1935;
max_connections     1000;
daemon              off;
`;

const http = `http_api {
    enabled         on;
    listen          1985;
}
http_server {
    enabled         on;
    listen          8080;
}
`;

const full = `${head}${http}vhost __defaultVhost__ {
    http_remux {
        enabled     on;
    }
    hls {
        enabled         on;
    }
}
`;

const edge = `${head}${http}vhost __defaultVhost__ {
    cluster {
        mode            remote;
        origin          srs-origin-service;
    }
    http_remux {
        enabled     on;
    }
}
`;

const origins = 'srs-origin-0.socs srs-origin-1.socs srs-origin-2.socs';

const originCluster = `${head}${http}vhost __defaultVhost__ {
    cluster {
        origin_cluster  on;
        coworkers       ${origins};
    }
    http_remux {
        enabled     on;
    }
    hls {
        enabled         on;
    }
}
`;

const gracefulEdge = `${head}grace_start_wait    700;
grace_final_wait    800;
force_grace_quit    on;
${http}vhost __defaultVhost__ {
    cluster {
        mode            remote;
        origin          srs-origin-0.socs srs-origin-1.socs srs-origin2.socs;
    }
    http_remux {
        enabled     on;
    }
}
`;

/** With a Service per origin instead of a StatefulSet. */
const originsByService = originCluster.replaceAll('.socs', '-socs');
const edgeByService = edge.replace('srs-origin-service', origins.replaceAll('.socs', '-socs'));

const minimal = `${head}vhost __defaultVhost__ {
}
`;

/** The mounted folder hides docker.conf. */
function mount(text: string) {
  const readFile = (path: string) =>
    path === '/usr/local/srs/conf/srs.conf' ? Buffer.from(text) : undefined;
  return load({
    configFile: 'conf/docker.conf',
    envOnly: false,
    env: {},
    cwd: '/usr/local/srs',
    host: { openFiles: 1048576 },
    readFile,
  });
}

function configOf(text: string) {
  const { config, diagnostics } = mount(text);
  if (config === undefined) throw new Error(diagnostics.map((one) => one.message).join('; '));
  return config;
}

describe('the guide', () => {
  test.each(
    Object.entries({ full, edge, originCluster, originsByService, edgeByService, gracefulEdge, minimal }),
  )('%s loads without a complaint', (_, text) => {
    const { diagnostics, notices, file } = mount(text);
    expect(diagnostics.filter((one) => one.code !== 'no-effect')).toEqual([]);
    expect(file).toBe('conf/srs.conf');
    expect(notices.map((one) => one.text)).toEqual([
      'user config conf/docker.conf does not exists, use conf/srs.conf instead',
    ]);
  });

  test('full: RTMP, API, HTTP with FLV and HLS on the usual ports', () => {
    const config = configOf(full);
    expect(config.root).toMatchObject({
      listen: [{ port: 1935 }],
      max_connections: 1000,
      daemon: false,
      srs_log_tank: undefined,
    });
    expect(config.http_api).toMatchObject({ enabled: true, listen: { port: 1985 } });
    expect(config.http_server).toMatchObject({ enabled: true, listen: { port: 8080 } });
    expect(config.findVhost('srs.example.com')).toMatchObject({
      hls: { enabled: true },
      http_remux: { enabled: true },
    });
  });

  test('edge: one origin by the name of its service, no port', () => {
    expect(configOf(edge).findVhost('x')?.cluster).toMatchObject({
      mode: 'remote',
      origin: ['srs-origin-service'],
    });
  });

  test('origin cluster: no mode, coworkers without ports', () => {
    expect(configOf(originCluster).findVhost('x')?.cluster).toMatchObject({
      mode: 'local',
      origin_cluster: true,
      coworkers: origins.split(' '),
    });
  });

  test('graceful edge', () => {
    expect(configOf(gracefulEdge).root).toMatchObject({
      grace_start_wait: 700,
      grace_final_wait: 800,
      force_grace_quit: true,
    });
    expect(configOf(gracefulEdge).findVhost('x')?.cluster.origin[2]).toBe('srs-origin2.socs');
  });

  test('the ConfigMap swap closes the HTTP ports and switches HLS and HTTP-FLV off', () => {
    const changes = diffConfigs(configOf(full), configOf(minimal)).map(
      (one) => `${one.path} ${String(one.before)} > ${String(one.after)}`,
    );
    expect(changes).toEqual([
      'http_api.enabled true > false',
      'http_server.enabled true > false',
      'http_remux.enabled true > false',
      'hls.enabled true > false',
    ]);
  });

  test('written on one line per block, as web pages show it', () => {
    const lines = full.split('\n').map((line) => line.trim());
    expect(mount(lines.join('\n')).failure).toBeUndefined();
    expect(mount(lines.join(' ')).failure).toBeUndefined();
  });
});
