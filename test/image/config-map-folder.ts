// A folder laid out as the kubelet lays out a ConfigMap volume: links to ..data, which is a link to a dated folder
// and is exchanged in one step.

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { runFolder } from '../helpers/run-folder.ts';

export class ConfigMapFolder {
  readonly path: string;
  #count = 0;

  constructor(data: Readonly<Record<string, string>>) {
    this.path = mkdtempSync(join(runFolder(), 'config-map-'));
    // As the kubelet leaves it: whatever user the pod has reads it.
    chmodSync(this.path, 0o755);
    for (const key of Object.keys(data)) symlinkSync(`..data/${key}`, join(this.path, key));
    this.update(data);
  }

  update(data: Readonly<Record<string, string>>): void {
    const old = this.#count > 0 ? readlinkSync(join(this.path, '..data')) : undefined;
    this.#count += 1;
    const dated = `..2026_01_02_03_04_05.${String(this.#count).padStart(9, '0')}`;
    mkdirSync(join(this.path, dated));
    for (const [key, text] of Object.entries(data)) writeFileSync(join(this.path, dated, key), text);
    symlinkSync(dated, join(this.path, '..data_tmp'));
    renameSync(join(this.path, '..data_tmp'), join(this.path, '..data'));
    if (old !== undefined) rmSync(join(this.path, old), { recursive: true });
  }
}
