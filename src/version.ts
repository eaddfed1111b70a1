// The version of this package: one source for the command line, the API, the handshake and the metadata.

import { readFileSync } from 'node:fs';

interface PackageFile {
  readonly name: string;
  readonly version: string;
}

const packageFile = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as PackageFile;

export const NAME = packageFile.name;
/** Three numbers, as SRS's. */
export const VERSION = packageFile.version;
