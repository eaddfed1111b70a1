// nginx with its RTMP module (Debian: libnginx-mod-rtmp) as another server beside ours.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../helpers/child.ts';
import { freePort, newFolder } from '../helpers/names.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { debianProgram, missingPackage } from './debian.ts';

const modulePath = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

export class NginxRtmp {
  readonly port: number;
  readonly child: Child;

  private constructor(port: number, child: Child) {
    this.port = port;
    this.child = child;
  }

  /** `application` is the body of `application live { live on; … }`: push and pull directives. */
  static async start(application = ''): Promise<NginxRtmp> {
    const nginx = debianProgram('nginx', 'nginx');
    if (!existsSync(modulePath)) throw missingPackage(modulePath, 'libnginx-mod-rtmp');
    const folder = newFolder('nginx');
    const port = await freePort();
    writeFileSync(join(folder, 'nginx.conf'), conf(port, folder, application));
    const args = ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')];
    const child = new Child(nginx, args, { lifetimeMs: 300_000 });
    const isUp = () => {
      if (child.status) throw new Error(child.describe());
      return existsSync(join(folder, 'nginx.pid'));
    };
    await waitFor('nginx to start', isUp);
    return new NginxRtmp(port, child);
  }

  rtmpUrl(stream: string): string {
    return `rtmp://127.0.0.1:${this.port}/live/${stream}`;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.child.exited();
  }
}

function conf(port: number, folder: string, application: string): string {
  return `daemon off;
master_process off;
worker_processes 1;
load_module ${modulePath};
pid ${folder}/nginx.pid;
error_log ${folder}/error.log info;
events { worker_connections 256; }
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:${port};
    application live {
      live on;
      ${application}
    }
  }
}
`;
}
