// A server with a conf that a test writes itself, and that logs to its file as in production: for what the usual
// TestServer hides (log tank, daemon, pid file, working directory).

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Child } from './child.ts';
import { freePort, newFolder } from './names.ts';
import { mainPath } from './server.ts';
import { PATIENCE_MS, waitFor } from './wait-for.ts';

export interface ServicePorts {
  readonly rtmp: number;
  readonly http: number;
  readonly api: number;
}

export interface ServiceOptions {
  /** Below the service's folder; default `srs.conf`. */
  readonly confName?: string;
  readonly args?: (confPath: string) => readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeArgs?: readonly string[];
}

export async function freePorts(): Promise<ServicePorts> {
  return { rtmp: await freePort(), http: await freePort(), api: await freePort() };
}

export class ServiceProcess {
  readonly child: Child;
  readonly folder: string;
  readonly confPath: string;
  readonly ports: ServicePorts;

  private constructor(child: Child, folder: string, confPath: string, ports: ServicePorts) {
    this.child = child;
    this.folder = folder;
    this.confPath = confPath;
    this.ports = ports;
  }

  /** Starts it; whether it comes up is for the test to say. Relative paths of the conf start in its folder. */
  static async spawn(
    conf: (ports: ServicePorts, folder: string) => string,
    options: ServiceOptions = {},
  ): Promise<ServiceProcess> {
    const folder = newFolder('service');
    const ports = await freePorts();
    const confPath = join(folder, options.confName ?? 'srs.conf');
    mkdirSync(dirname(confPath), { recursive: true });
    writeFileSync(confPath, conf(ports, folder));
    const args = options.args?.(confPath) ?? ['-c', confPath];
    const env = { ...process.env, ...options.env };
    const child = new Child(process.execPath, [...(options.nodeArgs ?? []), mainPath, ...args], {
      cwd: folder,
      env,
    });
    return new ServiceProcess(child, folder, confPath, ports);
  }

  /** The file at its default place, '' before it exists. */
  get log(): string {
    const path = join(this.folder, 'objs/srs.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  async waitForLog(pattern: RegExp, timeoutMs = PATIENCE_MS): Promise<RegExpMatchArray> {
    return waitFor(
      () => `${pattern} in ${this.log}\n${this.child.describe()}`,
      () => this.log.match(pattern),
      { timeoutMs },
    );
  }

  async ready(): Promise<this> {
    await this.waitForLog(/ is ready, pid=/);
    return this;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }
}
