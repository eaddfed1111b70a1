// nginx with its RTMP module, from Debian: apt-get install nginx libnginx-mod-rtmp.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_APP, type LaunchedTarget, type Setup } from './target.ts';

const PROGRAM = '/usr/sbin/nginx';
const MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

export function nginxRtmpTarget(): LaunchedTarget {
  return {
    type: 'launched',
    app: DEFAULT_APP,
    name: 'nginx-rtmp',
    isOurs: false,
    protocols: ['rtmp', 'hls'],
    plan: (setup) => {
      if (!existsSync(PROGRAM) || !existsSync(MODULE)) {
        throw new Error('nginx-rtmp is not installed: apt-get install nginx libnginx-mod-rtmp');
      }
      const path = join(setup.dir, 'nginx.conf');
      return {
        command: PROGRAM,
        args: ['-c', path, '-p', setup.dir, '-e', join(setup.dir, 'error.log')],
        files: [{ path, text: nginxConf(setup) }],
        isNode: false,
        ports: [setup.rtmpPort, setup.httpPort],
      };
    },
    flvPath: (stream) => `/live/${stream}.flv`,
    hlsPath: (stream) => `/${stream}.m3u8`,
  };
}

/** One process, since all others in the table have one thread; nothing else departs from the defaults. */
function nginxConf(setup: Setup): string {
  const { host, dir } = setup;
  const hls = setup.hls
    ? `hls on; hls_path ${join(dir, 'html')}; hls_fragment 2s; hls_playlist_length 10s;`
    : '';
  return `load_module ${MODULE};
daemon off;
master_process off;
pid ${join(dir, 'nginx.pid')};
error_log ${join(dir, 'error.log')};
worker_rlimit_nofile ${setup.connections + 200};
events { worker_connections ${setup.connections + 200}; }
rtmp {
    access_log off;
    server {
        listen ${host}:${setup.rtmpPort};
        application live { live on; ${hls} }
    }
}
http {
    access_log off;
    client_body_temp_path ${join(dir, 'tmp')};
    proxy_temp_path ${join(dir, 'tmp')};
    fastcgi_temp_path ${join(dir, 'tmp')};
    uwsgi_temp_path ${join(dir, 'tmp')};
    scgi_temp_path ${join(dir, 'tmp')};
    server { listen ${host}:${setup.httpPort}; root ${join(dir, 'html')}; }
}
`;
}
