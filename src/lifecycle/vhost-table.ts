// The virtual hosts in force, as the connections ask for them. A reload replaces them all at once.

import type { Config } from '../config/config.ts';
import { vhostOptions } from '../config/options/vhost-options.ts';
import type { VhostOptions } from '../connection/vhost.ts';

export class VhostTable {
  #config: Config;
  #options: ReadonlyMap<string, VhostOptions>;

  constructor(config: Config) {
    this.#config = config;
    this.#options = optionsOf(config);
  }

  /** By exact name, else the default one, else none. */
  find(name: string): VhostOptions | undefined {
    const found = this.#config.findVhost(name);
    return found === undefined ? undefined : this.#options.get(found.name);
  }

  replace(config: Config): void {
    this.#config = config;
    this.#options = optionsOf(config);
  }
}

function optionsOf(config: Config): ReadonlyMap<string, VhostOptions> {
  return new Map(config.vhosts.map((vhost) => [vhost.name, vhostOptions(vhost)]));
}
